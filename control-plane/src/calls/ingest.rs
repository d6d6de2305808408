//! What functions wrote to their output becomes rows.
//!
//! Who a record belongs to is what the platform says about the line, never what the record says:
//! a function could write anything.

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_spec::record::{CALL_KIND, CallRecord, VERSION};
use serde_json::Value;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::store::{self, Origin};

/// A line of a function's output, with what the platform says about where it came from.
#[derive(Debug, Clone)]
pub struct EnvelopeLine {
    /// The function's name.
    pub function: String,
    /// The function's numbered version.
    pub version: String,
    /// The line.
    pub text: String,
}

/// What became of a number of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Calls that are new.
    pub new: usize,
    /// Calls that were known already.
    pub known: usize,
    /// Records that could not be read or belong to no deployment.
    pub malformed: usize,
    /// Lines that are no call records: what a function printed besides.
    pub other: usize,
}

/// Why lines could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The database did not take them.
    #[error("could not save call records")]
    Database(#[from] sqlx::Error),
}

/// Saves the call records among `lines`.
pub(crate) async fn ingest(
    system: &PgPool,
    lines: &[EnvelopeLine],
) -> Result<Ingested, IngestError> {
    let mut outcome = Ingested::default();
    let mut records = Vec::new();
    for line in lines {
        match read(&line.text) {
            Reading::Call(record) => records.push((line, *record)),
            Reading::Other => outcome.other += 1,
            Reading::Malformed(why) => outcome.refuse(line, &why),
        }
    }
    if records.is_empty() {
        return Ok(outcome);
    }
    let origins = origins(system, records.iter().map(|(line, _)| *line)).await?;
    let mut rows = Vec::with_capacity(records.len());
    for (line, record) in records {
        let origin = origins.get(&(line.function.clone(), line.version.clone()));
        match origin.ok_or("its function is no deployment's").and_then(|from| row(&record, from)) {
            Ok(row) => rows.push((line, row)),
            Err(why) => outcome.refuse(line, why),
        }
    }
    save(system, rows, &mut outcome).await?;
    Ok(outcome)
}

impl Ingested {
    fn refuse(&mut self, line: &EnvelopeLine, why: &str) {
        tracing::warn!(function = %line.function, version = %line.version, why, "call record refused");
        self.malformed += 1;
    }
}

enum Reading {
    Call(Box<CallRecord>),
    Other,
    Malformed(String),
}

fn read(text: &str) -> Reading {
    #[derive(serde::Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    let Ok(head) = serde_json::from_str::<Head<'_>>(text) else { return Reading::Other };
    if head.kind != CALL_KIND {
        return Reading::Other;
    }
    match serde_json::from_str::<CallRecord>(text) {
        Ok(record) if record.v == VERSION => Reading::Call(Box::new(record)),
        Ok(record) => {
            Reading::Malformed(format!("version {} of the record is not known", record.v))
        }
        Err(error) => Reading::Malformed(error.to_string()),
    }
}

type Origins = BTreeMap<(String, String), Origin>;

async fn origins<'a>(
    system: &PgPool,
    lines: impl Iterator<Item = &'a EnvelopeLine>,
) -> sqlx::Result<Origins> {
    let from: BTreeSet<(&str, &str)> =
        lines.map(|line| (&*line.function, &*line.version)).collect();
    let (functions, versions): (Vec<String>, Vec<String>) =
        from.into_iter().map(|(function, version)| (function.into(), version.into())).unzip();
    let found = store::origins(system, &functions, &versions).await?;
    Ok(found
        .into_iter()
        .map(|origin| ((origin.function.clone(), origin.function_version.clone()), origin))
        .collect())
}

/// A row to insert: the record, with the envelope's word on whose it is.
fn row(record: &CallRecord, origin: &Origin) -> Result<Value, &'static str> {
    let made = record.call_id.get_timestamp().map(|made| made.to_unix().0.cast_signed());
    let made = made.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let now = OffsetDateTime::now_utc();
    let near =
        |time: OffsetDateTime| time > now - Duration::days(400) && time < now + Duration::days(1);
    if record.call_id.get_version_num() != 7 || !made.is_some_and(near) || !near(record.time) {
        return Err("its call id is no UUIDv7 of our time");
    }
    let Ok(Value::Object(mut row)) = serde_json::to_value(record) else {
        return Err("it cannot be written as JSON");
    };
    if row.values().any(|value| value.is_number() && value.as_i64().is_none()) {
        return Err("a number in it is too large");
    }
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

async fn save(
    system: &PgPool,
    rows: Vec<(&EnvelopeLine, Value)>,
    outcome: &mut Ingested,
) -> sqlx::Result<()> {
    let months: BTreeSet<(i32, u8)> = rows
        .iter()
        .filter_map(|(_, row)| row["call_id"].as_str()?.parse::<uuid::Uuid>().ok())
        .filter_map(|id| {
            let seconds = id.get_timestamp()?.to_unix().0.cast_signed();
            let made = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
            Some((made.year(), made.month().into()))
        })
        .collect();
    for (year, month) in months {
        store::ensure_partition(system, year, month).await?;
    }
    let total = rows.len();
    let (lines, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    match store::insert(system, &rows).await {
        Ok(new) => {
            outcome.new += new;
            outcome.known += total - new;
            Ok(())
        }
        Err(error) if is_data_error(&error) => {
            // One of them is not what the table takes: find out which, and keep the others.
            for (line, row) in lines.into_iter().zip(rows) {
                match store::insert(system, &[row]).await {
                    Ok(new) => {
                        outcome.new += new;
                        outcome.known += 1 - new;
                    }
                    Err(error) if is_data_error(&error) => outcome.refuse(line, &error.to_string()),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Whether the row was at fault, and not the database.
fn is_data_error(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_that_are_no_records_are_left_alone() {
        for text in ["", "hello", "{}", r#"{"kind":"promptpilot.start"}"#, "[1]", "{\"kind\":1}"] {
            assert!(matches!(read(text), Reading::Other), "{text}");
        }
        assert!(matches!(read(r#"{"kind":"promptpilot.call"}"#), Reading::Malformed(_)));
    }

    #[test]
    fn nul_is_replaced_everywhere() {
        let mut value = json!({"a\0": ["x\0y", {"b": "\0"}]});
        replace_nul(&mut value);
        assert_eq!(value, json!({"a\u{FFFD}": ["x\u{FFFD}y", {"b": "\u{FFFD}"}]}));
    }
}
