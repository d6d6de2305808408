//! Connections: one pool for requests, which see one organization at a time, and one for the
//! worker, which sees all.

use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// Both pools.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// As `pp_app`: row-level security lets nothing through but one organization's rows.
    app: PgPool,
    /// As `pp_system`: for worker, ingest and start-up only.
    system: PgPool,
    options: PgConnectOptions,
}

impl Database {
    pub(crate) async fn connect(url: &str) -> sqlx::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        Ok(Self {
            app: pool(&options, "pp_app", 8).await?,
            system: pool(&options, "pp_system", 16).await?,
            options,
        })
    }

    /// A transaction that sees one organization.
    pub(crate) async fn tenant(
        &self,
        organization: Uuid,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let mut transaction = self.app.begin().await?;
        sqlx::query!("select set_config('app.org', $1, true)", organization.to_string())
            .fetch_one(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// The pool that passes row-level security.
    pub(crate) const fn system(&self) -> &PgPool {
        &self.system
    }

    /// How to connect, for a listener of its own.
    pub(crate) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// A pool whose every connection acts as `role` from its first statement on.
async fn pool(options: &PgConnectOptions, role: &str, size: u32) -> sqlx::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(size)
        .connect_with(options.clone().options([("role", role)]))
        .await
}
