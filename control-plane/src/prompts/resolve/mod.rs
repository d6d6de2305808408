//! Where references to prompts lead: `name@label`, `name@3`, or `name` for the newest version.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_codegen::{FoundPrompt, MissingPrompt, PromptFact};
use promptpilot_spec::definition::{PromptReference, Wanted};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

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
    let names: Vec<String> = parsed.iter().map(|(_, reference)| reference.name.clone()).collect();
    let named = store::named(db, &names).await?;
    let mut known = None;
    let mut leads = BTreeMap::new();
    let mut wanted = Vec::new();
    for (text, reference) in parsed {
        let Some(prompt) = named.iter().find(|prompt| prompt.name == reference.name) else {
            let known = match &known {
                Some(known) => known,
                None => known.insert(store::names(db).await?),
            };
            leads.insert(text, Lead::Missing(MissingPrompt::Prompt(known.clone())));
            continue;
        };
        match number(prompt, &reference.wanted) {
            Ok(number) => wanted.push((text, reference, prompt, number)),
            Err(missing) => {
                leads.insert(text, Lead::Missing(missing));
            }
        }
    }
    let ids: Vec<Uuid> = wanted.iter().map(|(_, _, prompt, _)| prompt.id).collect();
    let numbers: Vec<i32> = wanted.iter().map(|(_, _, _, number)| *number).collect();
    let contents = store::contents(db, &ids, &numbers).await?;
    for (text, reference, prompt, number) in wanted {
        let written = contents.iter().find(|it| (it.prompt, it.number) == (prompt.id, number));
        let lead = match written {
            Some(written) => Lead::Found(Box::new(Found {
                prompt: prompt.id,
                name: reference.name,
                version: number,
                wanted: text.split_once('@').map(|(_, wanted)| wanted.to_owned()),
                content: written.content.0.clone(),
            })),
            None => Lead::Missing(MissingPrompt::Version(prompt.newest.unsigned_abs())),
        };
        leads.insert(text, lead);
    }
    Ok(Resolved(leads))
}

/// The number of the version that is wanted.
fn number(prompt: &store::Named, wanted: &Wanted) -> Result<i32, MissingPrompt> {
    match wanted {
        Wanted::Newest => Ok(prompt.newest),
        Wanted::Version(number) => i32::try_from(*number)
            .ok()
            .filter(|number| *number <= prompt.newest)
            .ok_or(MissingPrompt::Version(prompt.newest.unsigned_abs())),
        Wanted::Label(label) => {
            let labels = &prompt.labels.0;
            let found = labels.iter().find(|(known, _)| known == label);
            found.map(|(_, number)| *number).ok_or_else(|| {
                MissingPrompt::Label(labels.iter().map(|(label, _)| label.clone()).collect())
            })
        }
    }
}
