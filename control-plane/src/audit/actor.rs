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
        Self { user, origin: origin(parts, settings, via, token) }
    }
}

/// As JSON. Texts and ids always serialise.
fn origin(parts: &Parts, settings: &Settings, via: &'static str, token: Option<Uuid>) -> String {
    let address = address::of(&parts.headers, &parts.extensions, settings);
    let request = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    serde_json::to_string(&Origin { via, token, address, request }).unwrap_or_default()
}

/// How somebody came who shows what was sent to them by mail. Who it is, that tells.
#[derive(Debug)]
pub(crate) struct ByLetter(pub(crate) String);

impl FromRequestParts<ControlPlane> for ByLetter {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Infallible> {
        Ok(Self(origin(parts, plane.settings(), "letter", None)))
    }
}

impl OperationInput for ByLetter {}
