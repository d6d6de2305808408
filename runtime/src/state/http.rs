//! The state service of one machine, over HTTP.

use futures::{FutureExt, StreamExt, future::BoxFuture};
use promptpilot_spec::state::{
    Admit, Admitted, DEPLOYMENT_HEADER, Finish, KeyQuery, KeyRecord, Reserve, Reserved,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{Place, StateError, StateStore};
use crate::{
    provider::Request,
    transport::{self, Transport},
};

/// The state service.
pub static HTTP: Http = Http;

/// A client of the state service. Its answers are bounded by [`MAX_ANSWER`].
#[derive(Debug)]
pub struct Http;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

impl StateStore for Http {
    fn key<'a>(
        &'a self,
        place: &'a Place,
        hash: &'a str,
    ) -> BoxFuture<'a, Result<Option<KeyRecord>, StateError>> {
        async move { ask(place, "/v1/key", &KeyQuery { hash: hash.to_owned() }).await }.boxed()
    }

    fn admit<'a>(
        &'a self,
        place: &'a Place,
        question: &'a Admit,
    ) -> BoxFuture<'a, Result<Admitted, StateError>> {
        ask(place, "/v1/admit", question).boxed()
    }

    fn finish<'a>(
        &'a self,
        place: &'a Place,
        finish: &'a Finish,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        ask(place, "/v1/finish", finish).boxed()
    }

    fn reserve<'a>(
        &'a self,
        place: &'a Place,
        question: &'a Reserve,
    ) -> BoxFuture<'a, Result<Reserved, StateError>> {
        ask(place, "/v1/reserve", question).boxed()
    }
}

async fn ask<T: DeserializeOwned>(
    place: &Place,
    path: &str,
    body: &impl Serialize,
) -> Result<T, StateError> {
    let url = format!("{}{path}", place.address.trim_end_matches('/'));
    let request = Request::json(url, body)
        .bearer(&place.token)
        .header(DEPLOYMENT_HEADER, place.deployment.to_string());
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
