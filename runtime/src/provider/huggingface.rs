//! Hugging Face: the router in front of many providers, or an endpoint of one's own (TGI, vLLM),
//! whose base goes with its `/v1`. Both speak OpenAI's Chat Completions, and errors of several
//! kinds: an object, a text, or one text with a hint beside it when a model is still being loaded.

use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

use super::{
    Failure,
    openai::{self, Door, KeyHeader},
    openai_chat::{Chat, Dialect, PATH},
};

/// Hugging Face.
pub static HUGGINGFACE: Chat = Chat {
    door: Door {
        name: "huggingface",
        url: |ask| ask.url("https://router.huggingface.co/v1", PATH),
        key: KeyHeader::Bearer,
        failure,
    },
    dialect: Dialect::CAREFUL,
};

/// However long a model says that it will load, we look again after this.
const LONGEST_LOAD: f64 = 30.0;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hint {
    /// Seconds until a model is loaded.
    estimated_time: Option<f64>,
}

fn failure(status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let failure = openai::failure(status, headers, body);
    let hint = serde_json::from_slice::<Hint>(body).unwrap_or_default();
    let load = hint.estimated_time.filter(|_| status == 503);
    let wait = load.and_then(|wait| Duration::try_from_secs_f64(wait.min(LONGEST_LOAD)).ok());
    Failure {
        // 424 is TGI's word for a generation that failed on its own.
        retry: failure.retry || status == 424,
        retry_after: failure.retry_after.or(wait),
        ..failure
    }
}
