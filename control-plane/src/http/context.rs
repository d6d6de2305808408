//! Who asks, for handlers.

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{extract::FromRequestParts, http::request::Parts};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::openapi;
use crate::{http::Problem, plane::ControlPlane};

/// An authorised request: the plane, the organization and the person.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) plane: ControlPlane,
    pub(crate) organization: Uuid,
    pub(crate) user: Uuid,
}

impl Context {
    /// A transaction that sees this organization only.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant(self.organization).await?)
    }
}

impl FromRequestParts<ControlPlane> for Context {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        super::guard::authorise(&parts.headers, plane)?;
        let owner = plane.ensure_local_owner().await?;
        Ok(Self { plane: plane.clone(), organization: owner.organization, user: owner.user })
    }
}

impl OperationInput for Context {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        openapi::note(operation, &["unauthorized"]);
        operation.security.push([("token".to_owned(), Vec::new())].into_iter().collect());
    }
}
