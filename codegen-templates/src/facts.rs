//! What the check must know of the world. Whatever is `None` is told as "not checked without a
//! server", never guessed and never an error.

use std::collections::BTreeSet;

use promptpilot_spec::definition::{Architecture, ProviderKind};

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
}

/// Whether there is a state store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFact {
    /// There is one.
    There,
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
