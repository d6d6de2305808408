//! Types of figures over calls, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::http::time::Rfc3339;

/// The time that figures are of.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CountedTime")]
pub struct Counted {
    /// Calls that began at this time or later; a day before the end where nobody says.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub since: OffsetDateTime,
    /// Calls that began before this time.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub until: OffsetDateTime,
    /// How far back calls were counted, where there are more than can be.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<Rfc3339>")]
    pub scanned_until: Option<OffsetDateTime>,
}

/// How many calls there are of each kind.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Facets {
    /// The time that they are of.
    #[serde(flatten)]
    pub time: Counted,
    /// By name: `cache`, `endpoint`, `environment`, `error_type`, `key`, `model`, `provider`, `source`
    /// and `status`, those that any call has.
    pub facets: Vec<Facet>,
}

/// What calls differ by.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallFacet")]
pub struct Facet {
    /// The filter of the same name takes its values.
    pub name: String,
    /// Its values, the most frequent first, at most 50.
    pub values: Vec<FacetValue>,
    /// Whether there are more values.
    pub more: bool,
}

/// A value, and how many calls have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallFacetValue")]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// How many.
    pub count: i64,
}

/// When calls were.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallHistogram")]
pub struct Histogram {
    /// The time that they are of.
    #[serde(flatten)]
    pub time: Counted,
    /// How long a bucket is, in seconds.
    pub bucket_s: i64,
    /// All of them, the oldest first, those without calls among them.
    pub buckets: Vec<Bucket>,
}

/// Calls of a stretch of time.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallBucket")]
pub struct Bucket {
    /// Its beginning.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub at: OffsetDateTime,
    /// How many calls began in it.
    pub count: i64,
    /// Those that failed: with a status of 400 or more.
    pub errors: i64,
}

/// What calls took and cost.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallSummaries")]
pub struct Summary {
    /// The time that they are of.
    #[serde(flatten)]
    pub time: Counted,
    /// What they are put together by.
    pub by: SummaryBy,
    /// One for each that any call has: hours and days in their order, others by name.
    pub items: Vec<Summed>,
}

/// What calls are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SummaryBy {
    /// The hour that they began in, in UTC.
    #[default]
    Hour,
    /// The day that they began on, in UTC.
    Day,
    /// The endpoint, or what was run.
    Endpoint,
    /// The environment.
    Environment,
    /// The model that was asked.
    Model,
    /// Who answered.
    Provider,
    /// The API key.
    Key,
    /// The status.
    Status,
}

impl SummaryBy {
    /// The word in the API and in the statement.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Endpoint => "endpoint",
            Self::Environment => "environment",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Key => "key",
            Self::Status => "status",
        }
    }
}

/// Calls put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SummedCalls")]
pub struct Summed {
    /// The hour or day as RFC 3339 has it, or the name; empty where a call has none.
    pub value: String,
    /// How many.
    pub count: i64,
    /// Those that failed: with a status of 400 or more.
    pub errors: i64,
    /// Half of them took so long or less.
    pub p50_us: i64,
    /// 95 of 100 took so long or less.
    pub p95_us: i64,
    /// What they cost, as far as it is known, in millionths of a USD.
    pub cost_micro_usd: i64,
    /// What remembered answers saved, in millionths of a USD.
    pub saved_micro_usd: i64,
    /// Tokens in.
    pub tokens_in: i64,
    /// Tokens out.
    pub tokens_out: i64,
}
