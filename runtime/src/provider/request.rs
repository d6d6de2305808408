//! What goes to a provider.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::{
    endpoint::{Model, Response, Role},
    secret::Secret,
};

/// Everything an adapter needs to write a request.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The endpoint's name; some providers want one for a schema.
    pub endpoint: &'a str,
    /// Which model, with its parameters.
    pub model: &'a Model,
    /// The key, where the provider takes one.
    pub key: Option<&'a Secret>,
    /// The rendered conversation.
    pub turns: &'a [Turn],
    /// What the answer must be like.
    pub response: &'a Response,
    /// Whether to stream.
    pub stream: bool,
    /// Counted from 0 over all attempts of a call.
    pub attempt: u32,
}

impl<'a> Ask<'a> {
    /// The JSON Schema of the answer, where it is to be JSON.
    pub fn schema(&self) -> Option<Value> {
        match self.response {
            Response::Text => None,
            // The text is written by our own generator, which knows JSON.
            Response::Json { schema, .. } => serde_json::from_str(schema).ok(),
        }
    }

    /// For providers that keep system text apart: that text, and the rest of the conversation.
    pub(crate) fn split_system(&self) -> (String, impl Iterator<Item = &'a Turn> + use<'a>) {
        let turns = self.turns;
        let system = turns.iter().filter(|turn| turn.role == Role::System);
        let system: Vec<&str> = system.map(|turn| turn.text.as_str()).collect();
        (system.join("\n\n"), turns.iter().filter(|turn| turn.role != Role::System))
    }

    /// The address below the model's own base or the provider's.
    pub(crate) fn url(&self, base: &str, path: &str) -> String {
        let base = self.model.base_url.unwrap_or(base);
        format!("{}{path}", base.trim_end_matches('/'))
    }
}

/// One rendered message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// A POST request, complete but for the connection.
#[derive(Debug)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// Headers beside those of the connection. Values may be secret.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// With a JSON body.
    pub(crate) fn json(url: String, body: &impl Serialize) -> Self {
        // Adapters send structs of texts and numbers; those always serialise.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self { url, headers: vec![("content-type", "application/json".into())], body: body.into() }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
