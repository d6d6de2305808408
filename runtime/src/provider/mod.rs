//! Who serves models. Each provider is a file without I/O behind one trait: a request goes out as
//! bytes, an answer comes in as bytes, so a test is a recorded file.
//!
//! A generated function names the providers it uses (`&provider::ANTHROPIC`). A provider names the
//! transport that carries its requests, and nothing else does: where only the sandbox is named, no
//! HTTP client and no TLS are linked.
//!
//! # How providers count
//!
//! | | tokens in | tokens out |
//! | --- | --- | --- |
//! | OpenAI Chat, Responses | include cached ones | include reasoning |
//! | Anthropic | **without** cache reads and writes: all three are added | include thinking |
//!
//! [`Usage`] always includes all of them.
//!
//! # Adding one
//! 1. A file here with a `static` of a type that implements [`Provider`], its peculiarities at the
//!    head.
//! 2. Send only what [`Parameters`](crate::endpoint::Parameters) sets; read leniently: unknown
//!    fields, values and events are fine.
//! 3. Map errors in [`Provider::failure`]: what looks retryable and is not (no money, a filter).
//! 4. Recorded bytes in `tests/providers/`: plain, streamed, error, refusal.

mod answer;
mod anthropic;
mod failure;
mod openai;
mod openai_chat;
mod openai_responses;
mod request;
mod sandbox;
mod sse;

pub use answer::{Answer, Step, Usage};
pub use anthropic::ANTHROPIC;
pub use failure::{Failure, Kind};
pub use openai_chat::{OPENAI_CHAT, OPENAI_COMPATIBLE};
pub use openai_responses::OPENAI_RESPONSES;
pub use request::{Ask, Request, Turn};
pub use sandbox::SANDBOX;
pub use sse::{Decoder, Event};

use http::HeaderMap;
use serde::Deserialize as _;

use crate::transport::Transport;

/// A provider of models.
pub trait Provider: std::fmt::Debug + Sync {
    /// Its name in definitions and records.
    fn name(&self) -> &'static str;

    /// What carries its requests.
    fn transport(&self) -> &'static dyn Transport;

    /// Whether its tokens cost nothing, whatever the model.
    fn is_free(&self) -> bool {
        false
    }

    /// The request for one attempt.
    fn request(&self, ask: &Ask<'_>) -> Request;

    /// Reads a whole answer.
    fn answer(&self, body: &[u8]) -> Result<Answer, Failure>;

    /// Reads one event of a streamed answer. What it tells beside text goes into `answer`.
    fn event(&self, event: &Event, answer: &mut Answer) -> Result<Step, Failure>;

    /// Whether a stream that ended without its end marker is whole all the same.
    fn may_end(&self, _so_far: &Answer) -> bool {
        false
    }

    /// Reads an answer with a status other than 2xx.
    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure;

    /// The provider's own id of a request, from its answer's headers.
    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        header(headers, "x-request-id")
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Some servers write `null` where they have nothing to say.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
