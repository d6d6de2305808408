//! Environments: places that endpoints are deployed to, each with functions, URLs and credentials of
//! its own. `production` is there from the start.

pub mod model;
pub(crate) mod routes;
mod store;
mod teardown;
pub mod variables;

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    http::{Problem, Tenant},
    plane::recent::Recent,
};

/// The environment where none is named.
pub(crate) const DEFAULT: &str = "production";

/// Which environment a request means.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct In {
    /// The environment's name; absent means `production`.
    env: Option<String>,
}

impl In {
    /// The environment's name.
    pub(crate) fn name(&self) -> &str {
        self.env.as_deref().unwrap_or(DEFAULT)
    }
}

/// Id of an environment, or the problem that there is none.
pub(crate) async fn find(db: &mut PgConnection, name: &str) -> Result<Uuid, Problem> {
    store::id(db, name).await?.ok_or_else(|| missing(name))
}

/// By organization and name.
pub(crate) type RecentEnvironments = Recent<(Uuid, String), Uuid>;

/// The same, as it was a moment ago.
pub(crate) async fn find_recent(tenant: &impl Tenant, name: &str) -> Result<Uuid, Problem> {
    let look_up = async { find(&mut *tenant.read().await?, name).await };
    let about = (tenant.organization(), name.to_owned());
    tenant.plane().lookups().environments.get(about, look_up).await
}

/// Id of an environment; it is not deleted until the transaction ends.
pub(crate) async fn hold(db: &mut PgConnection, id: Uuid) -> Result<(), Problem> {
    if store::share(db, id).await? { Ok(()) } else { Err(missing(id)) }
}

fn missing(name: impl std::fmt::Display) -> Problem {
    Problem::not_found("environment", name).hint("see `promptpilot envs`")
}
