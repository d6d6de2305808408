//! The call record: one line of JSON per call, written to standard output by a function.
//!
//! These names are the record's own and final. Whoever stores records takes organization, endpoint
//! and version from the envelope they came in (whose function wrote the line) and not from the
//! record's word.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::deployment::Identity;

/// The `kind` of a finished call's line.
pub const CALL_KIND: &str = "promptpilot.call";

/// The `kind` of the line written when a call begins.
pub const START_KIND: &str = "promptpilot.start";

/// The version of both lines.
pub const VERSION: u8 = 1;

/// Largest request or response kept in a record, in bytes after JSON escaping.
pub const MAX_BODY: usize = 64 * 1024;

/// Largest line, in bytes: log services split longer ones.
pub const MAX_LINE: usize = 200 * 1024;

/// Everything worth keeping about one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRecord {
    /// Always `promptpilot.call`.
    pub kind: String,
    /// Always 1.
    pub v: u8,
    /// UUIDv7, made when the call began.
    pub call_id: Uuid,
    /// When the call began, RFC 3339 in UTC.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub time: OffsetDateTime,
    /// The platform's own id of the request.
    pub platform_request_id: Option<String>,
    /// The organization that owns the endpoint.
    pub organization: Uuid,
    /// The environment, by name.
    pub environment: String,
    /// The endpoint.
    pub endpoint: Uuid,
    /// The endpoint's name.
    pub endpoint_name: String,
    /// The endpoint's version, counted from 1.
    pub endpoint_version: u32,
    /// The deployment that served the call.
    pub deployment: Uuid,
    /// The API key that was used; absent where the endpoint is public.
    pub key_id: Option<Uuid>,
    /// Why the call was made.
    pub source: Source,
    /// The provider whose answer was used, or that failed last.
    pub provider: Option<String>,
    /// The model that was asked.
    pub model: Option<String>,
    /// The model that answered, in the provider's words.
    pub model_answered: Option<String>,
    /// Every request made to a provider, in order.
    pub attempts: Vec<Attempt>,
    /// HTTP status of the answer; of what a stream would have been where it had begun.
    pub status: u16,
    /// The last part of the problem's `type`, such as `timeout`; absent where all went well.
    pub error_type: Option<String>,
    /// The problem's `detail`.
    pub error_detail: Option<String>,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// What remembered answers had to do with it.
    pub cache: Cache,
    /// Tokens in, cached ones included, of all attempts that were paid.
    pub tokens_in: u64,
    /// Tokens out, reasoning included, of all attempts that were paid.
    pub tokens_out: u64,
    /// Those of `tokens_in` that the provider had cached.
    pub tokens_cached: u64,
    /// Those of `tokens_out` that were spent on reasoning.
    pub tokens_reasoning: u64,
    /// Usage of an attempt is not known (it died, timed out or was cut).
    pub estimated: bool,
    /// What it cost, in millionths of a USD; absent where no price is known.
    pub cost_micro_usd: Option<u64>,
    /// What a remembered answer saved, in millionths of a USD.
    pub saved_micro_usd: u64,
    /// From the event's arrival to the end of the answer.
    pub total_us: u64,
    /// Spent in attempts.
    pub provider_us: u64,
    /// From the event's arrival to the first text of a stream.
    pub first_token_us: Option<u64>,
    /// `total_us` without attempts and the waits between them.
    pub overhead_us: u64,
    /// Waits between attempts.
    pub backoff_us: u64,
    /// The request, sensitive fields left out.
    pub request: Option<Body>,
    /// The answer, sensitive fields left out.
    pub response: Option<Body>,
    /// The answer did not fit the schema at first and was asked for again.
    pub repaired: bool,
    /// `x-promptpilot-user`.
    pub user: Option<String>,
    /// `x-promptpilot-metadata`.
    pub metadata: Option<Map<String, Value>>,
    /// The trace id of `traceparent`.
    pub trace_id: Option<String>,
    /// Two letters of ISO 3166, where the edge tells.
    pub country: Option<String>,
    /// The first call of its process.
    pub cold_start: bool,
    /// Answered as a stream of events.
    pub streaming: bool,
    /// Whether the caller got it.
    pub delivered: Delivered,
    /// What was decided without the state store because it could not be reached.
    pub state_failed: Vec<String>,
    /// Budgets that came to their `soft` share by this call, the first one in their period to do so:
    /// `endpoint`, `per_key`, `per_user`, or `organization`.
    #[serde(default)]
    pub budget_reached: Vec<String>,
}

impl CallRecord {
    /// Of a call that has begun, and of which nothing more is known.
    pub fn begun(call_id: Uuid, time: OffsetDateTime, source: Source, by: Served) -> Self {
        let Served { identity, endpoint_name } = by;
        Self {
            kind: CALL_KIND.to_owned(),
            v: VERSION,
            call_id,
            time,
            platform_request_id: None,
            organization: identity.organization,
            environment: identity.environment,
            endpoint: identity.endpoint,
            endpoint_name,
            endpoint_version: identity.version,
            deployment: identity.deployment,
            key_id: None,
            source,
            provider: None,
            model: None,
            model_answered: None,
            attempts: Vec::new(),
            status: 200,
            error_type: None,
            error_detail: None,
            finish: None,
            cache: Cache::Off,
            tokens_in: 0,
            tokens_out: 0,
            tokens_cached: 0,
            tokens_reasoning: 0,
            estimated: false,
            cost_micro_usd: Some(0),
            saved_micro_usd: 0,
            total_us: 0,
            provider_us: 0,
            first_token_us: None,
            overhead_us: 0,
            backoff_us: 0,
            request: None,
            response: None,
            repaired: false,
            user: None,
            metadata: None,
            trace_id: None,
            country: None,
            cold_start: false,
            streaming: false,
            delivered: Delivered::Unknown,
            state_failed: Vec::new(),
            budget_reached: Vec::new(),
        }
    }
}

/// Who serves a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The deployment, and whose it is.
    pub identity: Identity,
    /// The endpoint's name.
    pub endpoint_name: String,
}

/// Written when a call begins. Completed by the platform's report if the process is killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StartRecord {
    /// Always `promptpilot.start`.
    pub kind: String,
    /// Always 1.
    pub v: u8,
    /// The call.
    pub call_id: Uuid,
    /// When it began, RFC 3339 in UTC.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub time: OffsetDateTime,
    /// The platform's own id of the request.
    pub platform_request_id: Option<String>,
    /// Why the call was made.
    pub source: Source,
}

/// One request to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// Who was asked.
    pub provider: String,
    /// For which model.
    pub model: String,
    /// The provider's HTTP status; absent where none came.
    pub status: Option<u16>,
    /// What went wrong, in one word of ours; absent where nothing did.
    pub error: Option<String>,
    /// The provider's own id of the request.
    pub request_id: Option<String>,
    /// The provider's own word for why the model stopped.
    pub finish: Option<String>,
    /// How long it took.
    pub duration_us: u64,
    /// Tokens in; absent where not known.
    pub tokens_in: Option<u64>,
    /// Tokens out; absent where not known.
    pub tokens_out: Option<u64>,
    /// Its share of the cost; absent where usage or price is not known.
    pub cost_micro_usd: Option<u64>,
}

/// A request or an answer as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Body {
    /// The text, cut where it is too long; absent where it is binary.
    pub text: Option<String>,
    /// Whether `text` was cut.
    pub cut: bool,
    /// The whole in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal, of what is not text.
    pub sha256: Option<String>,
}

/// Why a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A caller of the endpoint.
    Call,
    /// A deployment tests its own version.
    Verify,
    /// Somebody tries the deployed function in the Designer.
    Try,
    /// A run in Prompt Studio.
    Studio,
    /// A prompt executed through the control plane.
    Prompt,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// It was done.
    Stop,
    /// It reached the largest answer allowed.
    Length,
    /// It, or a filter of its provider, would not answer.
    Refusal,
    /// It asks for a tool.
    Tool,
    /// The provider says something that we do not know.
    Other,
}

/// What remembered answers had to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Cache {
    /// The endpoint has no cache.
    Off,
    /// Answered from memory.
    Hit,
    /// Answered from memory by what was too old. What the record says of attempts and their cost is of
    /// the call that made the answer anew meanwhile, if one did.
    Stale,
    /// Looked up and not found.
    Miss,
    /// Not looked up, because the caller said so.
    Bypass,
}

/// Whether the caller got the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Delivered {
    /// The platform does not tell.
    Unknown,
    /// The caller went away before the end.
    No,
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    use std::path::Path;

    /// `UPDATE_SCHEMA=1` writes the file anew.
    #[test]
    fn the_schema_file_says_what_the_type_says() -> Result<(), Box<dyn std::error::Error>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("record.schema.json");
        let schema = schemars::schema_for!(super::CallRecord);
        let mut now = serde_json::to_string_pretty(&schema)?;
        now.push('\n');
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&file, &now)?;
        }
        assert_eq!(std::fs::read_to_string(&file)?, now, "run this test with UPDATE_SCHEMA=1");
        Ok(())
    }
}
