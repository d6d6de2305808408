//! Connections: one pool for requests, which see one organization at a time, and others for the
//! worker and for what every call writes, which see all.

mod bells;
mod to_its_end;

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

pub(crate) use self::bells::{Bells, listen};
use self::to_its_end::ToItsEnd;

use crate::audit::Actor;

/// All pools.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// As `pp_app`: row-level security lets nothing through but one organization's rows.
    app: PgPool,
    /// As `pp_system`: for worker, ingest and start-up only.
    system: PgPool,
    /// The same, whose commits do not wait for the disk.
    system_async_commit: PgPool,
    /// One connection, for announcements.
    listener: PgPool,
}

impl Database {
    pub(crate) async fn connect(url: &str) -> sqlx::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        Ok(Self {
            app: pool(&options.clone().options(MANNERS), "pp_app", 8).await?,
            system: pool(&options, "pp_system", 16).await?,
            system_async_commit: pool(&options.clone().options(ASYNC_COMMIT), "pp_system", 4)
                .await?,
            listener: PgPoolOptions::new()
                .max_connections(1)
                .connect_lazy_with(options.clone().options([("role", "pp_system")])),
        })
    }

    /// A transaction that sees one organization.
    pub(crate) async fn tenant(
        &self,
        organization: Uuid,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin(format!("begin; set local app.org = '{organization}'")).await
    }

    /// The same, whose commit does not wait for the disk: should the machine lose its power, the last
    /// few are lost. Waiting would cost a call more than all the rest that is done for it.
    pub(crate) async fn tenant_async_commit(
        &self,
        organization: Uuid,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let [(async_commit, off)] = ASYNC_COMMIT;
        let seen = format!("set local app.org = '{organization}'");
        self.begin(format!("begin; {seen}; set local {async_commit} = {off}")).await
    }

    /// A transaction that sees one organization, and in which nothing can be changed.
    pub(crate) async fn read_tenant(
        &self,
        organization: Uuid,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin(format!("begin read only; set local app.org = '{organization}'")).await
    }

    /// A transaction that sees one organization, in which somebody acts.
    pub(crate) async fn tenant_for(
        &self,
        organization: Uuid,
        actor: &Actor,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let acts = acts(actor.user, &actor.origin);
        self.begin(format!("begin; set local app.org = '{organization}'; {acts}")).await
    }

    /// A transaction that sees what is one person's own, and no organization. The person acts in it.
    pub(crate) async fn person(
        &self,
        user: Uuid,
        origin: Option<&str>,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let origin = origin.unwrap_or_default().to_owned();
        self.person_for(user, &Actor { user, origin }).await
    }

    /// The same, in which somebody else acts.
    pub(crate) async fn person_for(
        &self,
        user: Uuid,
        actor: &Actor,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let acts = acts(actor.user, &actor.origin);
        self.begin(format!("begin; set local app.\"user\" = '{user}'; {acts}")).await
    }

    /// The same, in which nothing can be changed.
    pub(crate) async fn read_person(
        &self,
        user: Uuid,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin(format!("begin read only; set local app.\"user\" = '{user}'")).await
    }

    /// Begins a transaction and tells it its settings in one round trip. Such a statement takes no
    /// parameters: what is put into it is an id, or goes as hexadecimal, in which no text can be SQL.
    async fn begin(&self, statement: String) -> sqlx::Result<Transaction<'static, Postgres>> {
        begin(&self.app, statement).await
    }

    /// Each pool's name, connections, and how many of these are idle.
    pub(crate) fn connections(&self) -> [(&'static str, u32, u32); 3] {
        let system_async_commit = ("system_async_commit", &self.system_async_commit);
        [("app", &self.app), ("system", &self.system), system_async_commit].map(|(name, pool)| {
            (name, pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX))
        })
    }

    /// A connection that sees no organization, for look-ups before one is known.
    pub(crate) async fn unbound(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.app.acquire().await
    }

    /// Ends all connections in order; whoever asks for one later is refused.
    pub(crate) async fn close(&self) {
        tokio::join!(
            self.app.close(),
            self.system.close(),
            self.system_async_commit.close(),
            self.listener.close()
        );
    }

    /// The pool that passes row-level security.
    pub(crate) const fn system(&self) -> &PgPool {
        &self.system
    }

    /// The same, for what every call writes: see `tenant_async_commit`.
    pub(crate) const fn system_async_commit(&self) -> &PgPool {
        &self.system_async_commit
    }
}

/// Begins a transaction that passes row-level security.
pub(crate) async fn begin_system(system: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    begin(system, "begin".to_owned()).await
}

/// Begins a transaction to its end though whoever asks goes away meanwhile: sqlx would put the connection
/// back with its transaction open, and whoever has it next would be in that.
async fn begin(pool: &PgPool, statement: String) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    ToItsEnd::new(async move { pool.begin_with(AssertSqlSafe(statement)).await }).await
}

/// Who acts in a transaction, and how and from where.
fn acts(user: Uuid, origin: &str) -> String {
    let origin = hex::encode(origin);
    format!(
        "set local app.actor = '{user}'; \
         select set_config('app.origin', convert_from('\\x{origin}', 'UTF8'), true)"
    )
}

/// Lets a transaction plan each statement anew from here on, for conditions that only some callers
/// have: which index leads to what is wanted depends on them.
pub(crate) async fn plan_for_conditions(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true)")
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Lets a transaction see one organization from here on.
pub(crate) async fn see(db: &mut PgConnection, organization: Uuid) -> sqlx::Result<()> {
    sqlx::query!("select set_config('app.org', $1, true)", organization.to_string())
        .fetch_one(db)
        .await?;
    Ok(())
}

/// See <https://www.postgresql.org/docs/15/wal-async-commit.html>.
const ASYNC_COMMIT: [(&str, &str); 1] = [("synchronous_commit", "off")];

/// A request's statement that takes longer, waits longer for a lock, or a transaction that does
/// nothing for longer, is ended: whoever waits behind it goes on. A statement is planned once for each
/// connection: planning takes longer than most of them do.
const MANNERS: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("statement_timeout", "20s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "60s"),
];

/// How long a request waits for a connection before it is told to try again.
const ACQUIRE: Duration = Duration::from_secs(5);

/// After this time without work a connection is tried before it is used.
const TRUSTED: Duration = Duration::from_secs(1);

/// A pool whose every connection acts as `role` from its first statement on.
async fn pool(options: &PgConnectOptions, role: &str, size: u32) -> sqlx::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE)
        // One that was at work a moment ago was found well when it came back.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options.clone().options([("role", role)]))
        .await
}
