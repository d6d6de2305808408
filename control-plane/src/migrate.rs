//! Roles and schema: everything that must be there before a control plane connects.

use sqlx::{
    Connection, Executor, PgConnection,
    migrate::{MigrateError as SqlxMigrateError, Migrator},
};

/// The schema, forward only, carried in the binary.
static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Roles that the schema's grants name. They belong to the server, not to one database, so two
/// programs may make them at once: the later one's attempt is not an error.
const ROLES: &str = "
do $$
declare
    wanted record;
begin
    for wanted in select * from (values
        ('pp_owner', 'nologin'), ('pp_app', 'nologin'), ('pp_system', 'nologin bypassrls')
    ) as roles (name, options)
    loop
        begin
            if not exists (select from pg_roles where rolname = wanted.name) then
                execute format('create role %I %s', wanted.name, wanted.options);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
        if not pg_has_role(current_user, wanted.name, 'member') then
            execute format('grant %I to current_user', wanted.name);
        end if;
    end loop;
    execute format('grant create on database %I to pp_owner', current_database());
    grant usage, create on schema public to pp_owner;
end
$$";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("could not connect to the database to prepare its schema")]
    Connect(#[source] sqlx::Error),
    /// The roles are missing and this user may not make them.
    #[error(
        "could not make the roles pp_owner, pp_app and pp_system (connect as a superuser once, \
         or make them yourself; pp_system needs BYPASSRLS)"
    )]
    Roles(#[source] sqlx::Error),
    /// A later version of this program has been here.
    #[error(
        "the database has schema version {found}, newer than this program's {known}: \
         use the newer promptpilot, or another data directory"
    )]
    Newer {
        /// The schema's version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A migration failed; what it began was undone.
    #[error("could not bring the database's schema up to date")]
    Schema(#[source] SqlxMigrateError),
}

/// The newest schema that this program knows.
pub fn schema_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Makes the roles where they are missing: a dump of the database names them, and does not make them.
///
/// # Errors
/// When the database cannot be reached, or the user may not make roles.
pub async fn make_roles(owner_url: &str) -> Result<(), MigrateError> {
    connect(owner_url).await?.close().await.ok();
    Ok(())
}

/// A connection to a database whose server has the roles.
async fn connect(owner_url: &str) -> Result<PgConnection, MigrateError> {
    let mut db = PgConnection::connect(owner_url).await.map_err(MigrateError::Connect)?;
    db.execute(ROLES).await.map_err(MigrateError::Roles)?;
    Ok(db)
}

/// Makes the roles where they are missing and brings the schema up to date.
///
/// # Errors
/// When the database cannot be reached, the user may not make roles, the schema is newer than
/// this program, or a migration fails.
pub async fn migrate(owner_url: &str) -> Result<(), MigrateError> {
    let mut db = connect(owner_url).await?;
    db.execute("set role pp_owner").await.map_err(MigrateError::Roles)?;
    let outcome = MIGRATOR.run(&mut db).await;
    db.close().await.ok();
    outcome.map_err(|error| match error {
        SqlxMigrateError::VersionMissing(found) => {
            MigrateError::Newer { found, known: schema_version() }
        }
        other => MigrateError::Schema(other),
    })
}
