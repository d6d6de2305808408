//! Which deployment asks, and for which organization.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use promptpilot_spec::{key, state::DEPLOYMENT_HEADER};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::store;
use crate::{calls::ingest::Ingested, http::Problem, plane::ControlPlane, secret::Secret};

/// Most deployments whose organization is remembered.
const MOST: usize = 10_000;

/// Organizations of deployments that asked before. They never change.
#[derive(Debug, Default)]
pub(crate) struct Deployments(Mutex<HashMap<Uuid, Uuid>>);

impl Deployments {
    fn get(&self, deployment: Uuid) -> Option<Uuid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&deployment).copied()
    }

    fn put(&self, deployment: Uuid, organization: Uuid) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(deployment, organization);
    }
}

/// Who asks: proven by the deployment's token.
#[derive(Debug)]
pub(super) struct Asker {
    plane: ControlPlane,
    deployment: Uuid,
    organization: Uuid,
}

impl Asker {
    /// Whose deployment it is.
    pub(super) const fn organization(&self) -> Uuid {
        self.organization
    }

    /// A transaction that sees the deployment's organization only.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant(self.organization).await?)
    }

    /// The same, in which nothing can be changed.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().read_tenant(self.organization).await?)
    }

    /// The same, whose commit does not wait for the disk.
    pub(super) async fn begin_async_commit(
        &self,
    ) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant_async_commit(self.organization).await?)
    }

    /// Takes in what the deployment's function wrote.
    pub(super) async fn ingest(&self, lines: &[String]) -> Result<Ingested, Problem> {
        self.plane.ingest_of(self.deployment, lines).await
    }
}

impl FromRequestParts<ControlPlane> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let deployment = text(DEPLOYMENT_HEADER).and_then(|id| id.parse::<Uuid>().ok());
        let token = text(header::AUTHORIZATION.as_str())
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        let deployment = deployment.ok_or_else(unknown)?;
        let ours = plane.settings().secret_key.deployment_token(deployment).matches(token);
        let organization = organization(plane, deployment).await?;
        if !ours && !is_earlier(plane, organization, deployment, token).await? {
            return Err(unknown());
        }
        Ok(Self { plane: plane.clone(), deployment, organization })
    }
}

async fn organization(plane: &ControlPlane, deployment: Uuid) -> Result<Uuid, Problem> {
    if let Some(known) = plane.deployments().get(deployment) {
        return Ok(known);
    }
    let mut db = plane.database().unbound().await?;
    let found = store::organization(&mut db, deployment).await?.ok_or_else(unknown)?;
    plane.deployments().put(deployment, found);
    Ok(found)
}

/// Whether a function shows the token that it was given with the installation's earlier key.
async fn is_earlier(
    plane: &ControlPlane,
    organization: Uuid,
    deployment: Uuid,
    token: &str,
) -> Result<bool, Problem> {
    let mut db = plane.database().read_tenant(organization).await?;
    let earlier = store::earlier_token(&mut db, deployment).await?;
    Ok(earlier.is_some_and(|hash| Secret::from(hash).matches(&key::hash(token))))
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "this is not the token of that deployment",
    )
}
