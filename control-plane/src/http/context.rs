//! Who asks, in which organization, as what: for handlers of what belongs to one.

use std::future::Future;

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::{audit::Actor, http::Problem, people::Role, plane::ControlPlane};

/// An authorised request: the plane, the organization and the person.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) plane: ControlPlane,
    pub(crate) organization: Uuid,
    pub(crate) user: Uuid,
    /// The same, as the audit log has it.
    pub(crate) actor: Actor,
    /// What the person is in the organization.
    pub(crate) role: Role,
}

/// Whoever acts in one organization: a person, or a program by its API key.
pub(crate) trait Tenant: Sync {
    fn plane(&self) -> &ControlPlane;

    fn organization(&self) -> Uuid;

    /// A transaction that sees this organization only.
    fn transaction(
        &self,
    ) -> impl Future<Output = Result<Transaction<'static, Postgres>, Problem>> + Send;

    /// The same, in which nothing can be changed.
    fn read(&self) -> impl Future<Output = Result<Transaction<'static, Postgres>, Problem>> + Send {
        async { Ok(self.plane().database().read_tenant(self.organization()).await?) }
    }
}

impl Tenant for Context {
    fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    fn organization(&self) -> Uuid {
        self.organization
    }

    async fn transaction(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        self.begin().await
    }
}

impl Context {
    /// A transaction that sees this organization only.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant_for(self.organization, &self.actor).await?)
    }

    /// The same, in which nothing can be changed.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Tenant::read(self).await
    }
}

impl FromRequestParts<ControlPlane> for Context {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        admitted(parts)
    }
}

/// What was found out when the request was let in. A handler that asks for more than its operation
/// is listed with answers nobody.
pub(crate) fn admitted<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Problem> {
    parts.extensions.get::<T>().cloned().ok_or_else(|| {
        tracing::error!(path = parts.uri.path(), "the list of operations lets this in too easily");
        let detail = "this operation is listed wrongly";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    })
}

/// What it takes to be let in is told by the list of operations.
impl OperationInput for Context {}
