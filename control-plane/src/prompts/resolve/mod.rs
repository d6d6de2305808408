//! Where references to prompts lead: `name@label`, `name@3`, or `name` for the newest version.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_codegen::{FoundPrompt, MissingPrompt, PromptFact};
use promptpilot_spec::definition::{PromptReference, Wanted};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use self::store::Named;
use super::model::Content;

/// Where references lead, each as it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolved(BTreeMap<String, Lead>);

/// Where one leads.
#[derive(Debug, Clone)]
pub(crate) enum Lead {
    /// To this version.
    Found(Box<Found>),
    /// Nowhere.
    Missing(MissingPrompt),
}

/// A version that a reference leads to.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) prompt: Uuid,
    pub(crate) name: String,
    pub(crate) version: i32,
    /// What stands behind the `@`.
    pub(crate) wanted: Option<String>,
    pub(crate) content: Content,
}

impl Resolved {
    /// Where a reference leads; `None` if it was not looked for, as it cannot lead anywhere.
    pub(crate) fn get(&self, reference: &str) -> Option<&Lead> {
        self.0.get(reference)
    }

    /// The version that a reference leads to.
    pub(crate) fn found(&self, reference: &str) -> Option<&Found> {
        match self.get(reference) {
            Some(Lead::Found(found)) => Some(found),
            _ => None,
        }
    }

    /// What a saved definition's reference led to, as its row has it. The definition is read here and not
    /// in the database, which reads no JSON with U+0000 in it.
    pub(crate) fn kept(
        toml: &str,
        file: &str,
        prompt: Option<Uuid>,
        name: Option<String>,
        version: Option<i32>,
        wanted: Option<String>,
        content: Option<Json<Content>>,
    ) -> Option<Self> {
        let content = content?.0;
        let found = Found { prompt: prompt?, name: name?, version: version?, wanted, content };
        let reference = promptpilot_codegen::parse(toml, file).reference()?;
        Some(Self(BTreeMap::from([(reference, Lead::Found(Box::new(found)))])))
    }

    /// The same, as the check takes it.
    pub(crate) fn facts(&self) -> BTreeMap<String, PromptFact> {
        let fact = |lead: &Lead| match lead {
            Lead::Missing(missing) => PromptFact::Missing(missing.clone()),
            Lead::Found(found) => PromptFact::Found(FoundPrompt {
                name: found.name.clone(),
                version: found.version.unsigned_abs(),
                prompt: found.content.prompt.clone(),
            }),
        };
        self.0.iter().map(|(reference, lead)| (reference.clone(), fact(lead))).collect()
    }
}

/// Follows references. Texts that are none are left out: the check says what is wrong with them.
pub(crate) async fn resolve(
    db: &mut PgConnection,
    references: BTreeSet<String>,
) -> sqlx::Result<Resolved> {
    let parsed: Vec<(String, PromptReference)> = references
        .into_iter()
        .filter_map(|text| Some((text.clone(), text.parse().ok()?)))
        .collect();
    if parsed.is_empty() {
        return Ok(Resolved::default());
    }
    let names: Vec<String> = parsed.iter().map(|(_, it)| it.name.clone()).collect();
    let labels: Vec<_> = parsed.iter().map(|(_, it)| label(&it.wanted)).collect();
    let numbers: Vec<_> = parsed.iter().map(|(_, it)| number(&it.wanted)).collect();
    let named = store::named(db, &names, &labels, &numbers).await?;
    let mut known = None;
    let mut leads = BTreeMap::new();
    for ((text, reference), named) in parsed.into_iter().zip(named) {
        let lead = match lead(&text, reference, named) {
            Some(lead) => lead,
            None => {
                let known = match &known {
                    Some(known) => known,
                    None => known.insert(store::names(db).await?),
                };
                Lead::Missing(MissingPrompt::Prompt(Vec::clone(known)))
            }
        };
        leads.insert(text, lead);
    }
    Ok(Resolved(leads))
}

/// Where a reference leads; `None` where there is no prompt of the name.
fn lead(text: &str, reference: PromptReference, named: Named) -> Option<Lead> {
    let (prompt, newest) = named.prompt.zip(named.newest)?;
    let missing = match reference.wanted {
        Wanted::Label(_) => MissingPrompt::Label(named.labels),
        Wanted::Newest | Wanted::Version(_) => MissingPrompt::Version(newest.unsigned_abs()),
    };
    let Some((version, content)) = named.number.zip(named.content) else {
        return Some(Lead::Missing(missing));
    };
    Some(Lead::Found(Box::new(Found {
        prompt,
        name: reference.name,
        version,
        wanted: text.split_once('@').map(|(_, wanted)| wanted.to_owned()),
        content: content.0,
    })))
}

fn label(wanted: &Wanted) -> Option<String> {
    match wanted {
        Wanted::Label(label) => Some(label.clone()),
        Wanted::Newest | Wanted::Version(_) => None,
    }
}

/// A number that no version can have names none.
fn number(wanted: &Wanted) -> Option<i32> {
    match wanted {
        Wanted::Version(number) => Some(i32::try_from(*number).unwrap_or_default()),
        Wanted::Newest | Wanted::Label(_) => None,
    }
}
