//! The state service of one machine, over HTTP.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, future::BoxFuture};
use promptpilot_spec::state::{
    Address, Admit, Admitted, DEPLOYMENT_HEADER, Finish, KeyQuery, KeyRecord, Reserve, Reserved,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{Budgets, Place, StateError, StateKind, StateStore};
use crate::{
    provider::Request,
    secret::Secret,
    transport::{self, Transport},
};

/// The state service.
pub static HTTP: Http = Http;

/// Opens clients of a state service.
#[derive(Debug)]
pub struct Http;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

impl StateKind for Http {
    fn open(&self, place: &Place) -> Option<Arc<dyn StateStore>> {
        let Address::Service(url) = &place.address else { return None };
        let (url, token) = (url.clone(), place.token.clone());
        Some(Arc::new(Service { url, deployment: place.deployment, token }))
    }
}

/// A state service, and the deployment that asks it.
#[derive(Debug)]
struct Service {
    url: String,
    deployment: Uuid,
    token: Secret,
}

impl StateStore for Service {
    fn key<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, Result<Option<KeyRecord>, StateError>> {
        async move { self.ask("/v1/key", &KeyQuery { hash: hash.to_owned() }).await }.boxed()
    }

    fn admit<'a>(&'a self, question: &'a Admit) -> BoxFuture<'a, Result<Admitted, StateError>> {
        self.ask("/v1/admit", question).boxed()
    }

    fn finish<'a>(&'a self, finish: &'a Finish) -> BoxFuture<'a, Result<(), StateError>> {
        self.ask("/v1/finish", finish).boxed()
    }
}

impl Budgets for Service {
    fn reserve<'a>(&'a self, question: &'a Reserve) -> BoxFuture<'a, Result<Reserved, StateError>> {
        self.ask("/v1/reserve", question).boxed()
    }
}

impl Service {
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, StateError> {
        let request = Request::json(format!("{}{path}", self.url), body)
            .bearer(&self.token)
            .header(DEPLOYMENT_HEADER, self.deployment.to_string());
        let failed = |error: &dyn std::fmt::Display| StateError(error.to_string());
        let mut reply = transport::HTTP.send(request).await.map_err(|failure| failed(&failure))?;
        if reply.status != 200 {
            return Err(StateError(format!("the state service answered {}", reply.status)));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = reply.body.next().await {
            bytes.extend_from_slice(&piece.map_err(|failure| failed(&failure))?);
            if bytes.len() > MAX_ANSWER {
                return Err(StateError(format!("an answer of more than {MAX_ANSWER} bytes")));
            }
        }
        serde_json::from_slice(&bytes).map_err(|error| failed(&error))
    }
}
