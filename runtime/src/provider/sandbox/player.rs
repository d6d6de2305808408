//! Plays what the sandbox's request says, as a provider's server would: after a wait, whole or word
//! by word.

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::Wire;
use crate::{
    provider::{Failure, Kind, Request},
    transport::{Reply, Transport},
};

/// Between two words of a stream, so that people see it run.
const PACE: Duration = Duration::from_millis(15);

pub(super) static PLAYER: Player = Player;

pub(super) struct Player;

/// A request to the sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Script {
    pub(super) status: u16,
    pub(super) delay_ms: u64,
    pub(super) panic: bool,
    pub(super) breaks: bool,
    pub(super) stream: bool,
    pub(super) answer: Wire,
}

impl Transport for Player {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Failure>> {
        async move {
            let script: Script =
                serde_json::from_slice(&request.body).map_err(|e| Failure::malformed(&e))?;
            if script.delay_ms > 0 {
                // Not for none: the shortest sleep is a millisecond.
                tokio::time::sleep(Duration::from_millis(script.delay_ms)).await;
            }
            assert!(!script.panic, "the sandbox's model is named `panic`");
            let status = script.status;
            let (chunks, pace) = match (status, script.stream) {
                (200, true) => (streamed(&script), PACE),
                (200, false) => (whole(&script), Duration::ZERO),
                _ => (Vec::new(), Duration::ZERO),
            };
            let body = stream::iter(chunks).enumerate().then(move |(index, chunk)| async move {
                if index > 0 && !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
                chunk
            });
            Ok(Reply { status, headers: HeaderMap::new(), body: body.boxed() })
        }
        .boxed()
    }
}

type Chunks = Vec<Result<Bytes, Failure>>;

fn whole(script: &Script) -> Chunks {
    let mut body = serde_json::to_vec(&script.answer).unwrap_or_default();
    if !script.breaks {
        return vec![Ok(body.into())];
    }
    body.truncate(body.len() / 2);
    vec![Ok(body.into()), Err(Failure::new(Kind::Broken, "the connection broke"))]
}

fn streamed(script: &Script) -> Chunks {
    let words: Vec<&str> = script.answer.text.split_inclusive(' ').collect();
    let told = if script.breaks { words.len() / 2 } else { words.len() };
    let mut chunks: Chunks = words[..told]
        .iter()
        .map(|word| Ok(format!("event: text\ndata: {}\n\n", serde_json::json!(word)).into()))
        .collect();
    if !script.breaks {
        let end = Wire { text: String::new(), ..script.answer.clone() };
        let end = serde_json::to_string(&end).unwrap_or_default();
        chunks.push(Ok(format!("event: end\ndata: {end}\n\n").into()));
    }
    chunks
}
