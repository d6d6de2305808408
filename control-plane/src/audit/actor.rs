//! Who acts, as the database is told at the beginning of each transaction.

use std::net::IpAddr;

use axum::http::request::Parts;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    http::{address, request_id::RequestId},
    people::Via,
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
        let request = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        let origin = Origin { via, token, address, request };
        // Texts and ids always serialise.
        Self { user, origin: serde_json::to_string(&origin).unwrap_or_default() }
    }
}
