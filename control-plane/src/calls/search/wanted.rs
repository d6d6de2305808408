//! Which calls are wanted: as the query of a request says it, and as the database is asked.

use promptpilot_spec::record::{Cache, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    store,
    values::{Millis, Statuses, Usd},
};
use crate::{
    endpoints::routes::endpoint,
    environments,
    http::{Problem, time::Rfc3339},
};

/// Which calls, as a request says it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Of {
    /// Only this endpoint's.
    pub(crate) endpoint: Option<String>,
    /// Only those in this environment.
    pub(crate) environment: Option<String>,
    /// Only those with this status, such as `504`, or one of a class, such as `5xx`.
    pub(crate) status: Option<Statuses>,
    /// Only those that this provider answered, or failed last.
    pub(crate) provider: Option<String>,
    /// Only those that asked this model.
    pub(crate) model: Option<String>,
    /// Only those with this API key, by id or name.
    pub(crate) key: Option<String>,
    /// Only those with this `x-promptpilot-user`.
    pub(crate) user: Option<String>,
    /// Only those made for this reason.
    pub(crate) source: Option<Source>,
    /// Only those that remembered answers had this to do with.
    pub(crate) cache: Option<Cache>,
    /// Only those that went wrong in this way, such as `timeout`.
    pub(crate) error_type: Option<String>,
    /// Only those that cost so much or more, in USD.
    pub(crate) min_cost_usd: Option<Usd>,
    /// Only those that cost so much or less, in USD.
    pub(crate) max_cost_usd: Option<Usd>,
    /// Only those that took so long or longer, in ms.
    pub(crate) min_latency_ms: Option<Millis>,
    /// Only those that took so long or less, in ms.
    pub(crate) max_latency_ms: Option<Millis>,
    /// Only those with these words in request, answer or error. `"…"` are words in a row, `or` is
    /// either, and `-` before a word is without it.
    pub(crate) text: Option<String>,
    /// Only those that began at this time or later, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub(crate) since: Option<OffsetDateTime>,
    /// Only those that began before this time, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub(crate) until: Option<OffsetDateTime>,
}

/// Which calls, as the database is asked: the members are those that `call_is_wanted` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache: Option<Cache>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_cost: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_cost: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// A range of call ids, which are time: from `least` on, and below `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) least: Uuid,
    pub(crate) end: Uuid,
}

impl Of {
    /// The range of call ids that it is about.
    pub(crate) fn span(&self) -> Span {
        Span {
            least: self.since.map_or(Uuid::nil(), first_of),
            end: self.until.map_or(Uuid::max(), first_of),
        }
    }

    /// The same with ids in the place of names.
    pub(crate) async fn wanted(self, db: &mut PgConnection) -> Result<Wanted, Problem> {
        Ok(Wanted {
            endpoint: match &self.endpoint {
                Some(name) => Some(endpoint(db, name).await?),
                None => None,
            },
            environment: match &self.environment {
                Some(name) => Some(environments::find(db, name).await?),
                None => None,
            },
            key: match &self.key {
                Some(key) => {
                    Some(store::key(db, key).await?.ok_or_else(|| Problem::not_found("key", key))?)
                }
                None => None,
            },
            min_status: self.status.map(|Statuses(least, _)| least),
            max_status: self.status.map(|Statuses(_, greatest)| greatest),
            provider: self.provider,
            model: self.model,
            user: self.user,
            source: self.source,
            cache: self.cache,
            error_type: self.error_type,
            min_cost: self.min_cost_usd.map(|Usd(micro)| micro),
            max_cost: self.max_cost_usd.map(|Usd(micro)| micro),
            min_us: self.min_latency_ms.map(|Millis(ms)| i64::from(ms) * 1000),
            // A call of 1.5 ms took 1 ms, as people are shown it.
            max_us: self.max_latency_ms.map(|Millis(ms)| i64::from(ms) * 1000 + 999),
            text: self.text.filter(|text| !text.trim().is_empty()),
        })
    }
}

impl Wanted {
    /// The one condition that an index serves in the order of time, the most telling that there is.
    pub(crate) fn driver(&self) -> Self {
        let none = Self::default;
        if self.user.is_some() {
            Self { user: self.user.clone(), ..none() }
        } else if self.key.is_some() {
            Self { key: self.key, ..none() }
        } else if self.error_type.is_some() {
            Self { error_type: self.error_type.clone(), ..none() }
        } else if self.min_status.is_some_and(|least| least >= 400) {
            Self { min_status: Some(400), ..none() }
        } else if self.min_cost.is_some_and(|least| least >= DEAR) {
            Self { min_cost: Some(DEAR), ..none() }
        } else if self.model.is_some() {
            Self { model: self.model.clone(), ..none() }
        } else if self.endpoint.is_some() {
            Self { endpoint: self.endpoint, ..none() }
        } else {
            Self { environment: self.environment, ..none() }
        }
    }

    /// The same without the text.
    pub(super) fn without_text(&self) -> Self {
        Self { text: None, ..self.clone() }
    }
}

/// What a call costs at least, in micro-USD, that the index of dear calls has.
const DEAR: i64 = 10_000;

/// The least call id of an instant.
fn first_of(instant: OffsetDateTime) -> Uuid {
    let millis = u128::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80)
}

/// When a call began, by its id.
pub(crate) fn time_of(call: Uuid) -> Option<OffsetDateTime> {
    let millis = i128::try_from(call.as_u128() >> 80).ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_is_the_time_that_the_call_began() {
        let instant = OffsetDateTime::from_unix_timestamp(1_795_593_600).unwrap();
        assert_eq!(time_of(first_of(instant)), Some(instant));
        assert_eq!(first_of(OffsetDateTime::UNIX_EPOCH - time::Duration::days(1)), Uuid::nil());
    }

    #[test]
    fn one_condition_drives_and_what_nobody_asks_for_is_no_condition() {
        let wanted = Wanted {
            user: Some("ada".to_owned()),
            min_status: Some(500),
            text: Some("hello".to_owned()),
            ..Wanted::default()
        };
        let json = |wanted: &Wanted| serde_json::to_value(wanted).unwrap();
        assert_eq!(json(&wanted.driver()), serde_json::json!({ "user": "ada" }));
        let failed = Wanted { user: None, ..wanted };
        assert_eq!(json(&failed.driver()), serde_json::json!({ "min_status": 400 }));
        assert_eq!(json(&Wanted::default()), serde_json::json!({}));
    }
}
