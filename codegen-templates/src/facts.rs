//! What the check must know of the world. Whatever is `None` is told as "not checked without a
//! server", never guessed and never an error.

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_spec::definition::{Architecture, Prompt, ProviderKind};

/// The world, as far as a check needs it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Stored keys: provider and the credential's name (`default` for its default one).
    pub credentials: Option<BTreeSet<(ProviderKind, String)>>,
    /// Names that other definitions hold: of the same deploy, or of the organization.
    pub taken_names: Option<BTreeSet<String>>,
    /// Where the endpoint would run.
    pub target: Option<Target>,
    /// Where functions keep what guards them.
    pub state: Option<StateFact>,
    /// What references to prompts lead to, each as it is written in a definition.
    pub prompts: Option<BTreeMap<String, PromptFact>>,
}

/// Where a reference to a prompt leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptFact {
    /// To this version of it.
    Found(FoundPrompt),
    /// Nowhere.
    Missing(MissingPrompt),
}

/// Why a reference to a prompt leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingPrompt {
    /// There is no such prompt: these there are.
    Prompt(Vec<String>),
    /// The prompt has no such label: these it has.
    Label(Vec<String>),
    /// The prompt has no such version: this is its newest.
    Version(u32),
}

/// A version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPrompt {
    /// The prompt's name.
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// Its texts.
    pub prompt: Prompt,
}

/// Whether there is a state store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFact {
    /// There is one.
    There,
    /// There is one, and the organization has a budget, for which every function asks it.
    Budgeted,
    /// The server was told of none.
    Absent,
}

/// Where functions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// This machine, with its instruction set.
    Local(Architecture),
    /// AWS Lambda.
    Aws,
}
