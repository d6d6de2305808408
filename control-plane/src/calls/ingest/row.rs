//! Rows of the call log, with the envelope's word on whose they are.

use promptpilot_spec::{
    deployment::Identity,
    record::{CallRecord, Served, Source},
};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{read::End, store::Begun};
use crate::calls::{Ran, store::Origin};

/// A row to insert.
pub(super) fn row(record: &CallRecord, origin: &Origin) -> Result<Value, &'static str> {
    let mut row = members(record)?;
    row.insert("organization_id".into(), origin.organization.to_string().into());
    row.insert("environment_id".into(), origin.environment.to_string().into());
    row.insert("endpoint_id".into(), origin.endpoint.to_string().into());
    row.insert("endpoint_name".into(), origin.endpoint_name.clone().into());
    row.insert("endpoint_version".into(), origin.endpoint_version.into());
    row.insert("deployment_id".into(), origin.deployment.to_string().into());
    let mut row = Value::Object(row);
    replace_nul(&mut row);
    Ok(row)
}

/// A row of a run, which no endpoint stands behind.
pub(super) fn row_of_run(ran: Ran<'_>) -> Result<Value, &'static str> {
    let mut row = members(ran.record)?;
    row.insert("organization_id".into(), ran.record.organization.to_string().into());
    row.insert("endpoint_version".into(), Value::Null);
    if let Some((prompt, version)) = ran.prompt {
        row.insert("prompt_id".into(), prompt.to_string().into());
        row.insert("prompt_version".into(), version.into());
    }
    let mut row = Value::Object(row);
    replace_nul(&mut row);
    Ok(row)
}

/// What a record says, by the names of the columns.
fn members(record: &CallRecord) -> Result<Map<String, Value>, &'static str> {
    if !is_of_our_time(record.call_id, record.time) {
        return Err("its call id is no UUIDv7 of our time");
    }
    let Ok(Value::Object(row)) = serde_json::to_value(record) else {
        return Err("it cannot be written as JSON");
    };
    if row.values().any(|value| value.is_number() && value.as_i64().is_none()) {
        return Err("a number in it is too large");
    }
    Ok(row)
}

/// Whether a call can have been made at this time and under this id.
pub(super) fn is_of_our_time(call: Uuid, time: OffsetDateTime) -> bool {
    let made = call.get_timestamp().map(|made| made.to_unix().0.cast_signed());
    let made = made.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let now = OffsetDateTime::now_utc();
    let near =
        |time: OffsetDateTime| time > now - Duration::days(400) && time < now + Duration::days(1);
    call.get_version_num() == 7 && made.is_some_and(near) && near(time)
}

/// The record of a call whose own never came, because its process ended first.
pub(super) fn unfinished(begun: &Begun, end: &End, duration_us: u64) -> CallRecord {
    let (status, kind, detail) = match end {
        End::TimedOut => {
            (504, "timeout", "the platform stopped the call at its timeout".to_owned())
        }
        End::Died(how) => (500, "process-ended", format!("the process ended in this call: {how}")),
        End::Done => (500, "record-missing", "the call ended, and left no record".to_owned()),
        End::Unknown => (500, "process-ended", "nothing was heard of the call's end".to_owned()),
    };
    let source = serde_json::from_value(begun.source.clone().into()).unwrap_or(Source::Call);
    let identity = Identity {
        organization: begun.origin.organization,
        // The row has the envelope's.
        environment: String::new(),
        endpoint: begun.origin.endpoint,
        version: begun.origin.endpoint_version.unsigned_abs(),
        deployment: begun.origin.deployment,
    };
    let by = Served { identity, endpoint_name: begun.origin.endpoint_name.clone() };
    CallRecord {
        platform_request_id: begun.request.clone(),
        status,
        error_type: Some(kind.to_owned()),
        error_detail: Some(detail),
        estimated: true,
        // Whether a provider was asked, nobody knows.
        cost_micro_usd: None,
        total_us: duration_us,
        ..CallRecord::begun(begun.call, begun.time, source, by)
    }
}

/// Postgres keeps no NUL in texts, and a caller may send one.
fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{FFFD}"),
        Value::Array(items) => items.iter_mut().for_each(replace_nul),
        Value::Object(members) => {
            if members.keys().any(|key| key.contains('\0')) {
                let clean = std::mem::take(members)
                    .into_iter()
                    .map(|(key, value)| (key.replace('\0', "\u{FFFD}"), value));
                *members = clean.collect();
            }
            members.values_mut().for_each(replace_nul);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nul_is_replaced_everywhere() {
        let mut value = json!({"a\0": ["x\0y", {"b": "\0"}]});
        replace_nul(&mut value);
        assert_eq!(value, json!({"a\u{FFFD}": ["x\u{FFFD}y", {"b": "\u{FFFD}"}]}));
    }
}
