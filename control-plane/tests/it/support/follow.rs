//! Who follows a stream of server-sent events, and reads one when the test asks for it.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use super::Failure;

/// The longest that an event may be waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// An open stream.
pub(crate) struct Follower {
    response: Response,
    read: Vec<u8>,
}

impl Follower {
    pub(crate) async fn open(request: RequestBuilder) -> Result<Self, Failure> {
        let response = request.header("accept", "text/event-stream").send().await?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { response, read: Vec::new() })
    }

    /// The next event; `None` where the stream has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.read.drain(..end + 2).collect();
                match event(std::str::from_utf8(&block)?) {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            match tokio::time::timeout(PATIENCE, self.response.chunk()).await? {
                Ok(Some(chunk)) => self.read.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    }

    /// The next event of a name; others before it are passed over.
    pub(crate) async fn until(&mut self, name: &str) -> Result<Event, Failure> {
        while let Some(event) = self.next().await? {
            if event.name == name {
                return Ok(event);
            }
        }
        Err(format!("the stream ended before an event `{name}`").into())
    }
}

/// What a block of lines says; `None` where it is a comment alone.
fn event(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    let data = field("data");
    (!data.is_empty()).then(|| Event {
        name: field("event"),
        id: field("id"),
        data: serde_json::from_str(&data).unwrap_or(Value::Null),
    })
}
