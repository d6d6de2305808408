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
//! | Anthropic, Bedrock | **without** cache reads and writes: all three are added | include thinking |
//! | Cohere | those that are billed | those that are billed |
//! | Gemini | include cached ones | **without** thinking: both are added |
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
mod azure;
mod bedrock;
mod chat_message;
mod cohere;
mod event;
mod event_stream;
mod failure;
mod gemini;
mod huggingface;
mod openai;
mod openai_chat;
mod openai_responses;
mod request;
mod sandbox;
mod sse;

pub use answer::{Answer, Step, ToolCall, Usage};
pub use anthropic::ANTHROPIC;
pub use azure::{AZURE_CHAT, AZURE_DEPLOYMENT, AZURE_RESPONSES};
pub use bedrock::BEDROCK;
pub use cohere::COHERE;
pub use event::{Decoder, Event};
pub use failure::{Failure, Kind, short};
pub use gemini::GEMINI;
pub use huggingface::HUGGINGFACE;
pub use openai_chat::{OPENAI_CHAT, OPENAI_COMPATIBLE};
pub use openai_responses::OPENAI_RESPONSES;
pub use request::{Ask, Media, Request, Scope, Source, ToolResult, Turn};
pub use sandbox::{SANDBOX, TEST_MODEL};

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

    /// Takes a streamed answer apart into events.
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(sse::Sse::default())
    }

    /// Reads one event of a streamed answer. What it tells beside text goes into `answer`.
    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure>;

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

/// A name as one segment of a path.
fn path_segment(name: &str) -> String {
    /// What a segment may hold as it is.
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(name, KEPT).to_string()
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
