//! Which deployment asks, and for which organization.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use promptpilot_spec::state::DEPLOYMENT_HEADER;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::store;
use crate::{calls::ingest::Ingested, http::Problem, plane::ControlPlane};

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
    /// A transaction that sees the deployment's organization only.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant(self.organization).await?)
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
        let deployment = deployment
            .filter(|id| plane.settings().secret_key.deployment_token(*id).matches(token))
            .ok_or_else(unknown)?;
        let organization = match plane.deployments().get(deployment) {
            Some(known) => known,
            None => {
                let mut db = plane.database().unbound().await?;
                let found = store::organization(&mut db, deployment).await?.ok_or_else(unknown)?;
                plane.deployments().put(deployment, found);
                found
            }
        };
        Ok(Self { plane: plane.clone(), deployment, organization })
    }
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "this is not the token of that deployment",
    )
}
