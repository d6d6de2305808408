//! A database for each test, cloned from one that has the schema.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Failure;

/// The server that tests may use, as a superuser.
const VARIABLE: &str = "PROMPTPILOT_TEST_DATABASE_URL";

/// A database that is dropped with this value.
pub(crate) struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// A database with the schema.
    pub(crate) async fn new() -> Result<Self, Failure> {
        let server = std::env::var(VARIABLE).map_err(|_| {
            format!("{VARIABLE} is not set: run tests by `scripts/test-postgres <command>`")
        })?;
        let template = template(&server).await?;
        let name = format!("pp_test_{}", uuid::Uuid::new_v4().simple());
        let mut db = PgConnection::connect(&server).await?;
        db.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await?;
        db.close().await?;
        Ok(Self { server, name })
    }

    /// A database without anything in it.
    pub(crate) async fn empty() -> Result<Self, Failure> {
        let server = std::env::var(VARIABLE)?;
        let name = format!("pp_test_{}", uuid::Uuid::new_v4().simple());
        let mut db = PgConnection::connect(&server).await?;
        db.execute(AssertSqlSafe(format!("create database {name}"))).await?;
        db.close().await?;
        Ok(Self { server, name })
    }

    pub(crate) fn url(&self) -> String {
        of(&self.server, &self.name)
    }

    /// A connection as a superuser.
    pub(crate) async fn connect(&self) -> Result<PgConnection, Failure> {
        Ok(PgConnection::connect(&self.url()).await?)
    }
}

/// The URL of another database of a server.
fn of(server: &str, name: &str) -> String {
    let (place, options) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = place.rsplit_once('/').unwrap_or((place, ""));
    format!("{place}/{name}?{options}")
}

/// The template: made by the first test that comes, under a lock. Its name says what schema it
/// has, so that an older one is not taken for it.
async fn template(server: &str) -> Result<String, Failure> {
    let name = format!("pp_template_{}", env!("PROMPTPILOT_SCHEMA"));
    let mut db = PgConnection::connect(server).await?;
    db.execute("select pg_advisory_lock(hashtext('promptpilot tests'))").await?;
    let there: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut db)
            .await?;
    if !there {
        let making = format!("{name}_making");
        db.execute(AssertSqlSafe(format!("drop database if exists {making}"))).await?;
        db.execute(AssertSqlSafe(format!("create database {making}"))).await?;
        promptpilot_control_plane::migrate(&of(server, &making)).await?;
        db.execute(AssertSqlSafe(format!("alter database {making} rename to {name}"))).await?;
    }
    db.close().await?;
    Ok(name)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut db = PgConnection::connect(&server).await?;
                let drop = format!("drop database if exists {name} with (force)");
                db.execute(AssertSqlSafe(drop)).await?;
                Ok::<(), Failure>(())
            })
        });
        dropping.join().ok();
    }
}
