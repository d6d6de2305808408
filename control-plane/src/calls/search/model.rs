//! Types of the call log, as the API shows them.

use promptpilot_spec::record::CallRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// A page of calls, newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CallPage {
    /// The calls.
    pub items: Vec<ListedCall>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<String>,
    /// How far back the search came in its time, where that is why the page is not full. The next page
    /// goes on from there.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<Rfc3339>")]
    pub scanned_until: Option<OffsetDateTime>,
}

/// A call of a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListedCall {
    /// Its record.
    #[serde(flatten)]
    pub record: CallRecord,
    /// The prompt that was run, where it was a run of one that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<CallPrompt>,
}

/// A call, with what is known of it beside its record.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CallDetail {
    /// Its record: each attempt, all figures, request and answer as far as they are kept.
    #[serde(flatten)]
    pub record: CallRecord,
    /// The name of the API key that was used.
    pub key: Option<String>,
    /// The prompt that was run, where it was a run of one that is kept.
    pub prompt: Option<CallPrompt>,
    /// Why it cannot be replayed; null where it can.
    pub not_replayable: Option<NotReplayable>,
}

/// A version of a prompt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CallPrompt {
    /// The prompt.
    pub id: Uuid,
    /// The name that it has now.
    pub name: String,
    /// The version.
    pub version: i32,
}

/// Why a call cannot be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotReplayable {
    /// It was a run: no endpoint stands behind it.
    NoEndpoint,
    /// Its request is not kept, or not all of it.
    BodyNotKept,
    /// Its request is no JSON object.
    BodyNotJson,
    /// Parts of its request are sensitive, and were not kept.
    BodySensitive,
}

/// Answer of `POST /api/calls/{id}/replay`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// The call that was made again.
    pub of: Uuid,
    /// The status that it was answered with.
    pub status_before: u16,
    /// The version that answered it.
    pub version_before: u32,
    /// How it was answered now.
    #[serde(flatten)]
    pub now: crate::endpoints::model::Tried,
}
