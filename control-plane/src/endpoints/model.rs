//! Types of endpoints, as the API shows them.

use promptpilot_codegen::{Finding, Operation, Plan, Span};
use promptpilot_spec::{Definition, definition::ProviderKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    deploy::model::{Source, Status},
    http::time::Rfc3339,
};

/// Body of `POST /api/endpoints/check`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// What to check.
    pub definitions: Vec<Checkable>,
    /// Whether the code that they become is wanted, too.
    #[serde(default)]
    pub code: bool,
}

/// One definition to check: as TOML, which a patch may change first, or as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkable {
    /// What the sender calls it; shown in findings.
    pub file: String,
    /// The definition as TOML; absent where it is given as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toml: Option<String>,
    /// The definition as JSON, in place of TOML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// What to change about the TOML before it is checked, as a JSON Patch: all of it is done, or
    /// none. Comments, order and formatting stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<Operation>,
}

impl From<Source> for Checkable {
    fn from(Source { file, toml }: Source) -> Self {
        Self { file, toml: Some(toml), ..Self::default() }
    }
}

/// Answer of `POST /api/endpoints/check`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckAnswer {
    /// One result for each definition, in their order.
    pub results: Vec<Checked>,
}

/// What the check found in one definition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Checked {
    /// The endpoint's name, where it could be read.
    pub name: Option<String>,
    /// Errors, warnings, and what could not be checked; `patch-refused` where the patch was.
    pub findings: Vec<Finding>,
    /// As TOML, with the patch applied, or written from JSON; absent where JSON cannot be written so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toml: Option<String>,
    /// As JSON, errors and all; absent where the text is no TOML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Where in the TOML each key and each item is written, by JSON pointer.
    pub places: BTreeMap<String, Span>,
    /// What would be deployed; absent where there are errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The files of the generated crate by path, where they were asked for and there are no errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<BTreeMap<String, String>>,
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Where it answers; absent while nothing is live.
    pub url: Option<String>,
    /// The function's name at the target; absent while nothing is live.
    pub function: Option<String>,
    /// Who serves its model, as the newest version says.
    pub provider: ProviderKind,
    /// The provider's name for its model.
    pub model: String,
    /// The prompt that its newest version refers to; absent where its texts are its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<EndpointPrompt>,
    /// The version that serves.
    pub live_version: Option<i32>,
    /// The newest version.
    pub version: i32,
    /// The newest deployment.
    pub deployment: Option<DeploymentSummary>,
    /// The definition of the newest version; in lists absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// The same as it was sent; in lists absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toml: Option<String>,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub updated: OffsetDateTime,
}

impl Endpoint {
    /// Changes with whatever an edit could overlook: the newest version, and the one that serves.
    pub(crate) fn revision(&self) -> String {
        format!("{}-{}", self.version, self.live_version.unwrap_or(0))
    }
}

/// The prompt of an endpoint, by reference.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EndpointPrompt {
    /// How the newest version refers to it.
    #[serde(rename = "use")]
    pub reference: String,
    /// Its name; absent if it is gone.
    pub name: Option<String>,
    /// The prompt's version that a deploy would take now; absent if the reference leads nowhere.
    pub version: Option<i32>,
    /// The prompt's version that serves; absent while nothing of it is live.
    pub live_version: Option<i32>,
    /// Whether a newer version is not deployed: a deploy would bring another one than serves.
    pub newer: bool,
}

/// A deployment in a list of endpoints.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentSummary {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub status: Status,
    /// The endpoint's version that it brings.
    pub version: i32,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
}

/// One version of an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Counted from 1.
    pub version: i32,
    /// Whether it serves.
    pub live: bool,
    /// Who saved it.
    pub by: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
}

/// Answer of `GET /api/endpoints/{name}/source`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GeneratedSource {
    /// The version that the files are made of.
    pub version: i32,
    /// The generated crate's name.
    pub crate_name: String,
    /// Its files by path.
    pub files: BTreeMap<String, String>,
}

/// Body of `POST /api/endpoints/{name}/rollback`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The version to go back to; absent means the one that served before.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
}

/// Answer of `POST /api/endpoints/{name}/rollback`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RolledBack {
    /// The endpoint's name.
    pub endpoint: String,
    /// The version that served until now.
    pub from: i32,
    /// The version that serves from now on.
    pub to: i32,
    /// Where it answers.
    pub url: String,
    /// What brings that version back, where its credentials or variables have changed since: it serves once this
    /// deployment is live. Absent where it serves already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Uuid>,
}

/// Body of `POST /api/endpoints/{name}/try`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialRequest {
    /// The request's fields.
    pub request: Map<String, Value>,
}

/// Answer of `POST /api/endpoints/{name}/try`: the function's own, whatever it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tried {
    /// The function's status.
    pub status: u16,
    /// What it said: the declared fields, or a problem document.
    pub body: Value,
    /// The version that answered.
    pub version: i32,
    /// From the request to the whole answer, in ms.
    pub took_ms: u64,
    /// The call, as the call log will have it.
    pub call: Option<Uuid>,
}
