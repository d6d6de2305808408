//! Who acts, as the database is told at the beginning of each transaction.

use std::{convert::Infallible, net::IpAddr};

use aide::OperationInput;
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    http::{address, request_id::RequestId},
    people::Via,
    plane::ControlPlane,
    settings::Settings,
};

/// Somebody who acts, and how they came.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) user: Uuid,
    /// As JSON.
    pub(crate) origin: String,
}

#[derive(Debug, Serialize)]
struct Origin {
    via: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

impl Actor {
    /// Who sent a request.
    pub(crate) fn of(parts: &Parts, settings: &Settings, user: Uuid, via: Via) -> Self {
        let (via, token) = match via {
            Via::Installation(_) => ("installation", None),
            Via::Token { id, .. } => ("token", Some(id)),
            Via::Session(_) => ("session", None),
        };
        let address = address::of(&parts.headers, &parts.extensions, settings);
        Self { user, origin: written(&Origin { via, token, address, request: request_of(parts) }) }
    }
}

fn request_of(parts: &Parts) -> Option<String> {
    parts.extensions.get::<RequestId>().map(|id| id.0.clone())
}

/// As JSON. Texts and ids always serialise.
fn written(origin: &Origin) -> String {
    serde_json::to_string(origin).unwrap_or_default()
}

/// Where a request comes from of which only the body tells whose it is: by what was sent to them by mail,
/// say.
#[derive(Debug)]
pub(crate) struct Sender {
    address: Option<IpAddr>,
    request: Option<String>,
}

impl Sender {
    /// The same as JSON, with the way by which they came.
    pub(crate) fn by(self, via: &'static str) -> String {
        let Self { address, request } = self;
        written(&Origin { via, token: None, address, request })
    }
}

impl FromRequestParts<ControlPlane> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Infallible> {
        let address = address::of(&parts.headers, &parts.extensions, plane.settings());
        Ok(Self { address, request: request_of(parts) })
    }
}

impl OperationInput for Sender {}
