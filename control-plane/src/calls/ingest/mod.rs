//! What functions wrote to their output becomes rows, one for each call.
//!
//! Who a record belongs to is what the platform says about the line, never what the record says: a
//! function could write anything. A call whose process ended before it could write its record is
//! completed by what the platform reports of it, and one that nothing is heard of after a while.

mod batch;
pub(crate) mod firehose;
mod read;
pub(crate) mod routes;
mod row;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use self::{
    batch::Batch,
    read::{End, Reading, read},
};
use super::{
    Ran,
    store::{self as calls, Origin},
};

/// After so many minutes no platform runs a call any more.
const LONGEST_CALL: i32 = 20;

/// So many calls are given up at once.
const GIVEN_UP: i64 = 1000;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ingested {
    /// Calls that are new.
    pub new: usize,
    /// Calls that were known already.
    pub known: usize,
    /// Lines that are no call's record: what a function or its platform printed besides.
    pub other: usize,
    /// Records that were not taken. To send them again is of no use.
    pub refused: Vec<Refused>,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refused {
    /// Its place among the lines, counted from 0.
    pub index: usize,
    /// Why.
    pub detail: String,
}

/// Why lines could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The database did not take them.
    #[error("could not save call records")]
    Database(#[from] sqlx::Error),
}

/// Saves the calls among `lines`; of one organization, where one is given.
pub(crate) async fn ingest(
    system: &PgPool,
    lines: &[EnvelopeLine],
    organization: Option<Uuid>,
) -> Result<Ingested, IngestError> {
    let origins = origins(system, lines).await?;
    let whose = |line: &EnvelopeLine| {
        let origin = origins.get(&(line.function.clone(), line.version.clone()))?;
        organization.is_none_or(|only| only == origin.organization).then_some(origin)
    };
    let lines: Vec<_> = lines.iter().map(|line| (whose(line), line.text.as_str())).collect();
    take(system, &lines).await
}

/// Saves the calls among lines of one deployment.
pub(crate) async fn ingest_of(
    system: &PgPool,
    deployment: Uuid,
    lines: &[String],
) -> Result<Ingested, IngestError> {
    let origin = calls::origin(system, deployment).await?;
    let lines: Vec<_> = lines.iter().map(|line| (origin.as_ref(), line.as_str())).collect();
    take(system, &lines).await
}

/// Saves a run of a prompt as a call. Like the record of a function's, it is in the system's hands when
/// its caller is answered, and on disk a moment later.
pub(crate) async fn keep_run(db: &PgPool, ran: Ran<'_>) -> Result<Ingested, IngestError> {
    let mut outcome = Ingested::default();
    match row::row_of_run(ran) {
        Ok(row) => match save_one(db, &row).await {
            Ok(new) => outcome.new = new,
            Err(error) if is_data_error(&error) => outcome.refuse(0, error.to_string()),
            Err(error) => return Err(error.into()),
        },
        Err(why) => outcome.refuse(0, why),
    }
    for Refused { detail, .. } in &outcome.refused {
        tracing::warn!(detail, "record of a run refused");
    }
    Ok(outcome)
}

/// Gives up calls that nothing was heard of for too long; how many.
pub(crate) async fn give_up(system: &PgPool) -> Result<usize, IngestError> {
    let lost = store::lost(system, LONGEST_CALL, GIVEN_UP).await?;
    let mut outcome = Ingested::default();
    let records =
        lost.iter().map(|begun| (row::unfinished(begun, &End::Unknown, 0), &begun.origin));
    let mut batch = Batch::default();
    for (index, (record, origin)) in records.enumerate() {
        if let Err(why) = batch.call(index, &record, origin) {
            outcome.refuse(index, why);
        }
    }
    save(system, &batch.rows, &mut outcome).await?;
    batch.remember(system).await?;
    Ok(outcome.new)
}

async fn take(system: &PgPool, lines: &[(Option<&Origin>, &str)]) -> Result<Ingested, IngestError> {
    let mut outcome = Ingested::default();
    let mut batch = Batch::default();
    for (index, (origin, text)) in lines.iter().enumerate() {
        match (read(text), *origin) {
            (Reading::Call(record), Some(origin)) => {
                if let Err(why) = batch.call(index, &record, origin) {
                    outcome.refuse(index, why);
                }
                continue;
            }
            (Reading::Call(_), None) => {
                outcome.refuse(index, "its function is no deployment's");
                continue;
            }
            (Reading::Malformed(why), _) => {
                outcome.refuse(index, why);
                continue;
            }
            (Reading::Start(start), Some(origin)) => batch.start(start, origin),
            (Reading::Report(report), Some(origin)) => batch.report(index, report, origin),
            (Reading::Start(_) | Reading::Report(_) | Reading::Other, _) => {}
        }
        outcome.other += 1;
    }
    batch.end_earlier(system).await?;
    save(system, &batch.rows, &mut outcome).await?;
    batch.remember(system).await?;
    for Refused { index, detail } in &outcome.refused {
        let origin = lines.get(*index).and_then(|(origin, _)| *origin);
        let function = origin.map(|origin| origin.function.as_str()).unwrap_or_default();
        tracing::warn!(function, index, detail, "call record refused");
    }
    Ok(outcome)
}

impl Ingested {
    fn refuse(&mut self, index: usize, detail: impl Into<String>) {
        self.refused.push(Refused { index, detail: detail.into() });
    }
}

type Origins = BTreeMap<(String, String), Origin>;

async fn origins(system: &PgPool, lines: &[EnvelopeLine]) -> sqlx::Result<Origins> {
    let from: BTreeSet<(&str, &str)> =
        lines.iter().map(|line| (&*line.function, &*line.version)).collect();
    let (functions, versions): (Vec<String>, Vec<String>) =
        from.into_iter().map(|(function, version)| (function.into(), version.into())).unzip();
    let found = calls::origins(system, &functions, &versions).await?;
    Ok(found
        .into_iter()
        .map(|origin| ((origin.function.clone(), origin.function_version.clone()), origin))
        .collect())
}

async fn save(
    system: &PgPool,
    rows: &[(usize, Value)],
    outcome: &mut Ingested,
) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    for (year, month) in rows.iter().filter_map(|(_, row)| month(row)).collect::<BTreeSet<_>>() {
        calls::ensure_partition(system, year, month).await?;
    }
    let all: Vec<&Value> = rows.iter().map(|(_, row)| row).collect();
    match calls::insert(system, &all).await {
        Ok(new) => {
            outcome.new += new;
            outcome.known += rows.len() - new;
            Ok(())
        }
        // One of them is not what the table takes: find out which, and keep the others.
        Err(error) if is_data_error(&error) => save_each(system, rows, outcome).await,
        Err(error) => Err(error),
    }
}

async fn save_each(
    system: &PgPool,
    rows: &[(usize, Value)],
    outcome: &mut Ingested,
) -> sqlx::Result<()> {
    for (index, row) in rows {
        match calls::insert(system, &[row]).await {
            Ok(new) => {
                outcome.new += new;
                outcome.known += 1 - new;
            }
            Err(error) if is_data_error(&error) => outcome.refuse(*index, error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Saves one row; how many are new. Its month has a partition, but for the first one's.
async fn save_one(db: &PgPool, row: &Value) -> sqlx::Result<usize> {
    match (calls::insert(db, &[row]).await, month(row)) {
        (Err(error), Some((year, month))) if is_without_partition(&error) => {
            calls::ensure_partition(db, year, month).await?;
            calls::insert(db, &[row]).await
        }
        (done, _) => done,
    }
}

fn is_without_partition(error: &sqlx::Error) -> bool {
    const CHECK_VIOLATION: &str = "23514";
    let error = error.as_database_error();
    error.is_some_and(|it| {
        it.code().as_deref() == Some(CHECK_VIOLATION) && it.constraint().is_none()
    })
}

/// The month that a call began in.
fn month(row: &Value) -> Option<(i32, u8)> {
    let id: Uuid = row["call_id"].as_str()?.parse().ok()?;
    let seconds = id.get_timestamp()?.to_unix().0.cast_signed();
    let began = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    Some((began.year(), began.month().into()))
}

/// Whether the row was at fault, and not the database.
fn is_data_error(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
