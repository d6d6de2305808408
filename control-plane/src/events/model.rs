//! Types of events, as the API shows them, and the list of what there is to be told of.

use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

pub use super::position::Position;
use crate::{
    http::time::Rfc3339,
    people::{
        Role,
        access::{self, Access},
    },
};

/// Something that changed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ChangeEvent")]
pub struct Change {
    /// Its place among all events, as the stream has it in `id`.
    pub position: Position,
    /// What it happened to, and what happened, such as `prompt.saved`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of what it happened to.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub at: OffsetDateTime,
    /// Who did it; null means the system itself.
    pub by: Option<Uuid>,
    /// What lists show of it, as it is since.
    pub data: Map<String, Value>,
}

/// Calls that were recorded since the last event of this kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallsEvent")]
pub struct Calls {
    /// How many.
    pub count: i64,
    /// Those that failed: with a status of 400 or more.
    pub errors: i64,
    /// The newest of them, newest first: at most 20.
    pub items: Vec<CallSummary>,
}

/// What lists show of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallSummary {
    /// The call.
    pub call_id: Uuid,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub time: OffsetDateTime,
    /// The endpoint's name, or that of what was run.
    pub endpoint_name: String,
    /// Why it was made.
    pub source: String,
    /// HTTP status of the answer.
    pub status: i32,
    /// What went wrong.
    pub error_type: Option<String>,
    /// The model that was asked.
    pub model: Option<String>,
    /// From the event's arrival to the end of the answer.
    pub total_us: i64,
    /// What it cost, in millionths of a USD.
    pub cost_micro_usd: Option<i64>,
}

/// From here on nothing is missed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReadyEvent")]
pub struct Ready {
    /// How long what happens is kept for those who come back, in seconds.
    pub kept_s: u64,
}

/// What was missed is not kept any more: what is shown must be loaded anew.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResetEvent")]
pub struct Reset {
    /// Why.
    pub reason: ResetReason,
}

/// Why a stream could not go on where its reader left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResetReason {
    /// What came next has been swept.
    Swept,
    /// There is no such place in the order of this server's events.
    Unknown,
}

/// A kind of change.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its `type`.
    pub(crate) name: &'static str,
    /// The list that shows it. Who may not read the list is not told.
    list: &'static str,
    /// When it is told.
    pub(crate) when: &'static str,
}

const fn kind(name: &'static str, list: &'static str, when: &'static str) -> Kind {
    Kind { name, list, when }
}

const PROMPTS: &str = "/api/prompts";
const ENDPOINTS: &str = "/api/endpoints";
const DEPLOYMENTS: &str = "/api/deployments";
const ENVIRONMENTS: &str = "/api/environments";
const VARIABLES: &str = "/api/environments/{name}/variables";
const KEYS: &str = "/api/api-keys";
const CREDENTIALS: &str = "/api/provider-credentials";
const MEMBERS: &str = "/api/organizations/{organization}/members";
const INVITATIONS: &str = "/api/organizations/{organization}/invitations";
const ORGANIZATION: &str = "/api/organizations/{organization}";
const LABEL_RULES: &str = "/api/label-rules";
const CALLS: &str = "/api/calls";

/// All kinds of changes, by name.
pub(crate) const KINDS: &[Kind] = &[
    kind("credential.changed", CREDENTIALS, "a key of a provider was changed"),
    kind("credential.checked", CREDENTIALS, "a provider was asked about its key"),
    kind("credential.created", CREDENTIALS, "a key of a provider was stored"),
    kind("credential.deleted", CREDENTIALS, "a key of a provider was deleted"),
    kind("deployment.building", DEPLOYMENTS, "a deployment came to this stage"),
    kind("deployment.cancelled", DEPLOYMENTS, "somebody stopped it"),
    kind("deployment.checking", DEPLOYMENTS, "a deployment came to this stage"),
    kind("deployment.failed", DEPLOYMENTS, "it went wrong; `error` says how"),
    kind("deployment.generating", DEPLOYMENTS, "a deployment came to this stage"),
    kind("deployment.live", DEPLOYMENTS, "it serves"),
    kind("deployment.publishing", DEPLOYMENTS, "a deployment came to this stage"),
    kind("deployment.queued", DEPLOYMENTS, "somebody asked for a deployment"),
    kind("deployment.superseded", DEPLOYMENTS, "a newer one took its place in the queue"),
    kind("deployment.verifying", DEPLOYMENTS, "a deployment came to this stage"),
    kind("endpoint.created", ENDPOINTS, "there is a new endpoint"),
    kind("endpoint.deleted", ENDPOINTS, "an endpoint was deleted"),
    kind("endpoint.released", ENDPOINTS, "another version serves, by a deploy or a rollback"),
    kind("endpoint.restored", ENDPOINTS, "a deleted endpoint is back"),
    kind("endpoint.saved", ENDPOINTS, "there is a new version of its definition"),
    kind("environment.created", ENVIRONMENTS, "there is a new environment"),
    kind("environment.deleted", ENVIRONMENTS, "an environment was deleted"),
    kind("invitation.created", INVITATIONS, "somebody was invited"),
    kind("invitation.deleted", INVITATIONS, "an invitation was accepted or taken back"),
    kind("key.changed", KEYS, "an API key was changed"),
    kind("key.created", KEYS, "an API key was made"),
    kind("key.revoked", KEYS, "an API key was revoked"),
    kind("label_rule.changed", LABEL_RULES, "a label takes another role to be moved"),
    kind("label_rule.created", LABEL_RULES, "a label takes a role of its own to be moved"),
    kind("label_rule.deleted", LABEL_RULES, "a label takes the usual role to be moved"),
    kind("member.changed", MEMBERS, "somebody has another role"),
    kind("member.created", MEMBERS, "somebody is in the organization"),
    kind("member.deleted", MEMBERS, "somebody is in the organization no more"),
    kind("organization.changed", ORGANIZATION, "the organization has another name or slug"),
    kind("prompt.changed", PROMPTS, "a prompt's name, description or tags were changed"),
    kind("prompt.deleted", PROMPTS, "a prompt was deleted"),
    kind("prompt.label_moved", PROMPTS, "a label was set, moved, or taken away"),
    kind("prompt.restored", PROMPTS, "a deleted prompt is back"),
    kind("prompt.saved", PROMPTS, "there is a new prompt, or a new version of one"),
    kind("variable.changed", VARIABLES, "a variable of an environment has another value"),
    kind("variable.created", VARIABLES, "an environment has one more variable"),
    kind("variable.deleted", VARIABLES, "an environment has one variable less"),
];

impl Kind {
    /// The least role that is told.
    pub(crate) fn role(&self) -> Role {
        least(self.list)
    }
}

/// The kinds that a role is told of.
pub(crate) fn told(role: Role) -> Vec<String> {
    let told = KINDS.iter().filter(|kind| role >= kind.role());
    told.map(|kind| kind.name.to_owned()).collect()
}

/// Whether a role is told of calls.
pub(crate) fn sees_calls(role: Role) -> bool {
    role >= least(CALLS)
}

fn least(list: &str) -> Role {
    match access::of(&Method::GET, list) {
        Access::Member(role) | Access::MemberInPerson(role) => role,
        // What is no list of an organization's is for nobody else's eyes.
        _ => Role::Owner,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_once_and_in_order() {
        assert!(KINDS.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn every_list_is_one_of_an_organization() {
        for kind in KINDS {
            let access = access::of(&Method::GET, kind.list);
            assert!(matches!(access, Access::Member(_)), "{}: {}", kind.name, kind.list);
        }
    }

    #[test]
    fn only_those_who_may_read_invitations_are_told_of_them() {
        let hears = |role| told(role).iter().any(|kind| kind == "invitation.created");
        assert!(!hears(Role::Viewer) && !hears(Role::Developer));
        assert!(hears(Role::Admin) && hears(Role::Owner));
    }

    /// `UPDATE_DOCS=1` writes the table anew.
    #[test]
    fn the_document_tells_of_every_kind() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");
        let text = std::fs::read_to_string(page).unwrap();
        let rows: String = KINDS
            .iter()
            .map(|kind| format!("| `{}` | {} | {} |\n", kind.name, kind.role(), kind.when))
            .collect();
        let head = "| `type` | who | told when |\n| --- | --- | --- |\n";
        let (before, rest) = text.split_once(head).unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        let now = format!("{before}{head}{rows}\n{after}");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(page, &now).unwrap();
        }
        assert_eq!(std::fs::read_to_string(page).unwrap(), now);
    }
}
