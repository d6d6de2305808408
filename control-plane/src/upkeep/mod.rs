//! What an operator does to the database as a whole, beside a running system or instead of one. Connects
//! by itself, as whoever may take the system's role.

mod rotate;
mod store;

use sqlx::{Connection, Executor, PgConnection};

pub use self::rotate::{Rotated, RotationError, SealFailure, rotate_key};

/// How far deploys have come, in a word that is another whenever one went on.
///
/// # Errors
/// When the database does not answer.
pub async fn deploy_progress(database_url: &str) -> Result<String, sqlx::Error> {
    let mut db = connect(database_url).await?;
    let progress = store::deploy_progress(&mut db).await?;
    db.close().await.ok();
    Ok(progress)
}

async fn connect(database_url: &str) -> sqlx::Result<PgConnection> {
    let mut db = PgConnection::connect(database_url).await?;
    db.execute("set role pp_system").await?;
    Ok(db)
}
