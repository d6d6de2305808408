//! A copy of the API keys and of what organizations may spend, where functions look both up in a table of
//! DynamoDB's.
//!
//! Postgres stays the truth. Whoever changes a key or a budget writes it into the table, too, and a worker
//! compares all of them when it starts and now and then.

mod limits;
mod store;

pub(crate) use limits::tell as tell_limit;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use promptpilot_runtime::{
    Secret,
    state::dynamodb::{
        MOST_AT_ONCE, Table, TableError,
        keys::{self, StoredKey},
    },
    transport::AwsKeys,
};
use promptpilot_spec::state::{Address, AddressError};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{http::Problem, plane::ControlPlane, settings::Settings};

/// How long a request waits for the table.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many keys are written at once.
const WRITING: usize = 8;

/// The table that functions look things up in.
#[derive(Debug)]
pub(crate) struct Mirror(Table);

/// Why the table does not have all that it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MirrorError {
    #[error("could not read what it should have")]
    Database(#[from] sqlx::Error),
    #[error("could not compare or write what it has")]
    Table(#[from] TableError),
}

impl Mirror {
    /// The table of these settings; `None` where functions ask a state service.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, AddressError> {
        let address = settings.state.as_deref().map(str::parse).transpose()?;
        let Some(Address::DynamoDb(table)) = address else { return Ok(None) };
        let target = &settings.lambda;
        let keys = AwsKeys::Given {
            id: target.access_key_id.clone(),
            secret: Secret::from(target.secret_access_key.expose()),
            session: target.session_token.as_ref().map(|token| Secret::from(token.expose())),
        };
        Ok(Some(Self(Table::new(&table, keys))))
    }

    /// Writes every key that the table has otherwise; how many there were.
    pub(crate) async fn reconcile(&self, system: &PgPool) -> Result<usize, MirrorError> {
        let (mut after, mut written) = ((Uuid::nil(), Uuid::nil(), String::new()), 0);
        loop {
            let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
            let (organization, id, hash) = &after;
            let page = store::stored_keys(system, (*organization, *id, hash), most).await?;
            let Some(last) = page.last() else { return Ok(written) };
            after = (last.organization, last.record.id, last.hash.clone());
            let now = OffsetDateTime::now_utc();
            let known: Vec<_> = page.into_iter().filter(|key| !key.is_forgotten(now)).collect();
            let differing = keys::differing(&self.0, known).await?;
            written += differing.len();
            let write = async |key: StoredKey| keys::put(&self.0, &key).await;
            let writes = stream::iter(differing).map(write);
            writes.buffer_unordered(WRITING).try_collect::<()>().await?;
        }
    }

    async fn put(&self, key: &StoredKey) -> Result<(), TableError> {
        in_time(keys::put(&self.0, key)).await
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, TableError>>) -> Result<T, TableError> {
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(TableError::Unreachable(format!("no answer within {PATIENCE:?}"))))
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "state-unavailable", detail)
}

/// Writes a key with all of its secrets, as this transaction has it, to where functions see it.
pub(crate) async fn tell(
    plane: &ControlPlane,
    db: &mut PgConnection,
    key: Uuid,
) -> Result<(), Problem> {
    let Some(mirror) = plane.mirror() else { return Ok(()) };
    let stored = store::stored_key(db, key).await?;
    if stored.is_empty() {
        return Err(Problem::not_found("key", key));
    }
    for stored in &stored {
        mirror.put(stored).await.map_err(|error| {
            tracing::warn!(%key, %error, "the functions' table could not be told of a key");
            unavailable("the table that functions look keys up in could not be told")
        })?;
    }
    Ok(())
}

/// Compares all keys and budgets with the functions' table, where there is one.
pub(crate) async fn reconcile(plane: &ControlPlane, system: &PgPool) {
    let Some(mirror) = plane.mirror() else { return };
    report("keys", mirror.reconcile(system).await);
    report("budgets", mirror.reconcile_limits(system).await);
}

fn report(what: &'static str, written: Result<usize, MirrorError>) {
    match written {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "told the functions' table of {what} that it had not"),
        Err(error) => {
            let error = crate::http::problem::chain(&error);
            tracing::warn!(
                error,
                "the functions' table may not have all {what}; trying again later"
            );
        }
    }
}
