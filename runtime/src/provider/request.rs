//! What goes to a provider.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::ToolCall;
use crate::{
    endpoint::{Form, Model, Response, Role, Tool},
    secret::Secret,
};

/// Everything an adapter needs to write a request.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The endpoint's name; some providers want one for a schema.
    pub endpoint: &'a str,
    /// Which model, with its parameters.
    pub model: &'a Model<'a>,
    /// The key, where the provider takes one.
    pub key: Option<&'a Secret>,
    /// The rendered conversation.
    pub turns: &'a [Turn],
    /// Tools that the model may ask for.
    pub tools: &'a [Tool],
    /// What the answer must be like.
    pub response: &'a Response<'a>,
    /// Whether to stream.
    pub stream: bool,
    /// Counted from 0 over all attempts of a call.
    pub attempt: u32,
}

impl<'a> Ask<'a> {
    /// The JSON Schema that the provider is to hold the answer to, where there is one and the model
    /// can be held to it. Others have it in words among their turns.
    pub fn schema(&self) -> Option<Value> {
        // The text is written by our own generator, which knows JSON, or was read as JSON before.
        let schema = self.response.schema().filter(|_| self.model.holds_to_schema)?;
        serde_json::from_str(schema).ok()
    }

    /// Whether that schema keeps to what providers ask of a strict one.
    pub(crate) const fn is_strict(&self) -> bool {
        !matches!(self.response, Response::Schema { strict: false, .. })
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The text; may be empty where there is something else.
    pub text: String,
    /// Tools that the assistant asked for.
    pub calls: Vec<ToolCall>,
    /// What tools answered. A turn of these is the user's and has no text.
    pub results: Vec<ToolResult>,
    /// Pictures and files that go with the user's text.
    pub media: Vec<Media>,
}

impl Turn {
    /// A text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        let (calls, results, media) = (Vec::new(), Vec::new(), Vec::new());
        Self { role, text: text.into(), calls, results, media }
    }
}

/// A picture or a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Media {
    /// Which of them.
    pub form: Form,
    /// Where it is.
    pub source: Source,
}

/// Where a picture or a file is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// Here.
    Data {
        /// Such as `image/png`.
        media_type: String,
        /// In base64.
        data: String,
    },
    /// Where the provider fetches it. We never do.
    Url(String),
}

impl Media {
    /// Its URL; what is here has one that holds it.
    pub(crate) fn url(&self) -> String {
        match &self.source {
            Source::Data { media_type, data } => format!("data:{media_type};base64,{data}"),
            Source::Url(url) => url.clone(),
        }
    }
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToolResult {
    /// The call that it answers.
    pub call: String,
    /// The tool's name.
    pub name: String,
    /// The answer.
    pub content: String,
}

/// A request, complete but for the connection.
#[derive(Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// Headers beside those of the connection. Values may be secret.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body.
    pub body: Bytes,
    /// For whom the transport is to sign it, where no key is in its headers.
    pub sign: Option<Scope>,
}

/// What a signature of AWS holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The service's name in signatures.
    pub service: &'static str,
    /// The region.
    pub region: String,
}

impl Request {
    /// One that only asks.
    pub fn get(url: impl Into<String>) -> Self {
        let (headers, body) = (Vec::new(), Bytes::new());
        Self { method: Method::GET, url: url.into(), headers, body, sign: None }
    }

    /// With a JSON body.
    pub(crate) fn json(url: String, body: &impl Serialize) -> Self {
        // Adapters send structs of texts and numbers; those always serialise.
        let body = serde_json::to_vec(body).unwrap_or_default();
        let headers = vec![("content-type", "application/json".into())];
        Self { method: Method::POST, url, headers, body: body.into(), sign: None }
    }

    /// Adds the key as a bearer token.
    pub(crate) fn bearer(self, key: &Secret) -> Self {
        self.header("authorization", format!("Bearer {}", key.expose()))
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
