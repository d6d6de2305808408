//! Renewal: what is live with credentials or variables of yesterday is published once more with those of today.
//! The same artifact, no build; each endpoint for itself, so that one that fails holds up no other.
//!
//! An endpoint that is being deployed is left alone: whoever deploys it looks again afterwards.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Stale};
use crate::{
    credentials,
    deploy::store::{NewDeployment, add_batch, queue as queue_deployment},
    environments::variables,
    plane::ControlPlane,
};

/// Queues a deployment for everything that is stale and has what it needs; their ids. What was renewed
/// in vain before is tried only `again` where something has changed.
pub(crate) async fn queue(
    db: &mut PgConnection,
    organization: Uuid,
    by: Option<Uuid>,
    again: bool,
) -> sqlx::Result<Vec<Uuid>> {
    let mut queued = Vec::new();
    for stale in store::stale(db, organization, again).await? {
        let Stale { endpoint, environment, version } = stale;
        let new = NewDeployment {
            organization,
            batch: add_batch(db, organization, environment).await?,
            environment,
            endpoint,
            version,
            by,
            message: Some("its credentials or variables have changed"),
            renewal: true,
            promoted: None,
        };
        queued.push(queue_deployment(db, new).await?);
    }
    Ok(queued)
}

/// After a batch: what changed while it was under way.
pub(crate) async fn after(plane: &ControlPlane, organization: Uuid) {
    let renewed = async {
        let mut db = crate::database::begin_system(plane.database().system()).await?;
        let queued = queue(&mut db, organization, None, false).await?;
        db.commit().await?;
        Ok::<_, sqlx::Error>(queued.len())
    };
    match renewed.await {
        Ok(0) => {}
        Ok(endpoints) => tracing::info!(endpoints, "what they are given changed: renewing"),
        Err(error) => tracing::warn!(%error, "could not look for what is to be renewed"),
    }
}

/// Whether a deployment's function has other credentials, variables, or another token, than it would be given
/// today.
pub(crate) async fn is_stale(
    db: &mut PgConnection,
    organization: Uuid,
    environment: Uuid,
    deployment: Uuid,
) -> sqlx::Result<bool> {
    if store::has_earlier_token(db, organization, deployment).await? {
        return Ok(true);
    }
    if variables::store::are_others(db, deployment).await? {
        return Ok(true);
    }
    let given = credentials::store::given(db, organization, deployment).await?;
    let now = credentials::Credentials::of(db, organization, environment).await?;
    Ok(given.iter().any(|given| !now.has(given)))
}
