//! What Amazon Data Firehose delivers to an HTTP endpoint: function output on its way from CloudWatch
//! Logs, or lines that somebody put there directly, each as a line of `POST /api/ingest` is.
//! The contract is <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>.
//!
//! A record that cannot be read is logged and let go of: Firehose would send it again and again, with
//! all the others of its batch.

use std::io::Read;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_ENCODING},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::EnvelopeLine;
use crate::{http::Problem, plane::ControlPlane};

/// Largest request, and largest content of all its records together once they are unpacked. The
/// contract allows 64 MiB.
const MOST: usize = 64 << 20;

/// Lines that are saved at once.
const CHUNK: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    request_id: String,
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Acknowledgement {
    request_id: String,
    /// Milliseconds since 1970.
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

/// Why a delivery is to be sent again, or can never be taken.
struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

pub(crate) async fn deliver(
    State(plane): State<ControlPlane>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut request_id = text("x-amz-firehose-request-id").unwrap_or_default().to_owned();
    let refusal = take(&plane, &headers, body, &mut request_id).await.err();
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    let acknowledgement = Acknowledgement {
        request_id,
        timestamp: (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64,
        error_message: refusal.map(|refusal| refusal.why),
    };
    (status, Json(acknowledgement)).into_response()
}

async fn take(
    plane: &ControlPlane,
    headers: &HeaderMap,
    body: Body,
    request_id: &mut String,
) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let key = text("x-amz-firehose-access-key").unwrap_or_default();
    if !plane.settings().ingest_key.as_ref().is_some_and(|known| known.matches(key)) {
        let why = "the access key is not this server's `--ingest-key`";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, why));
    }
    let too_large = || {
        let why = format!("a delivery may have {MOST} bytes, also when it is unpacked");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let unreadable = |why: String| Refusal::new(StatusCode::BAD_REQUEST, why);
    let mut bytes: Vec<u8> = to_bytes(body, MOST).await.map_err(|_| too_large())?.into();
    if text(CONTENT_ENCODING.as_str()) == Some("gzip") {
        bytes = unpacked(&bytes, MOST)
            .map_err(|error| unreadable(format!("the body is not gzip: {error}")))?
            .ok_or_else(too_large)?;
    }
    let delivery: Delivery = serde_json::from_slice(&bytes)
        .map_err(|error| unreadable(format!("the body is no delivery: {error}")))?;
    drop(bytes);
    request_id.clone_from(&delivery.request_id);
    let lines = lines(&delivery.records).ok_or_else(too_large)?;
    for chunk in lines.chunks(CHUNK) {
        plane.ingest_delivered(chunk).await.map_err(|problem| again(&problem))?;
    }
    Ok(())
}

/// Firehose tries again after any status but 200, for as long as its stream is told to.
fn again(problem: &Problem) -> Refusal {
    Refusal::new(problem.status(), problem.detail())
}

/// The lines of all records; `None` where they unpack to too much.
fn lines(records: &[Record]) -> Option<Vec<EnvelopeLine>> {
    let mut left = MOST;
    let mut lines = Vec::new();
    for record in records {
        match content(&record.data, left) {
            Ok(None) => return None,
            Ok(Some(content)) => {
                left -= content.len();
                read(&content, &mut lines);
            }
            Err(why) => tracing::warn!(why, "a delivered record cannot be read"),
        }
    }
    Some(lines)
}

/// What a record holds, unpacked; `None` where that is more than `most`.
fn content(data: &str, most: usize) -> Result<Option<Vec<u8>>, String> {
    let bytes = BASE64_STANDARD.decode(data).map_err(|error| error.to_string())?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return unpacked(&bytes, most).map_err(|error| error.to_string());
    }
    Ok((bytes.len() <= most).then_some(bytes))
}

fn unpacked(bytes: &[u8], most: usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut unpacked)?;
    Ok((unpacked.len() <= most).then_some(unpacked))
}

/// A document that a record holds, one of possibly several behind each other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    #[serde(rename_all = "camelCase")]
    Message {
        message_type: String,
        #[serde(default)]
        log_group: String,
        #[serde(default)]
        log_stream: String,
        #[serde(default)]
        log_events: Vec<LogEvent>,
    },
    Line {
        function: String,
        version: String,
        text: String,
    },
}

#[derive(Deserialize)]
struct LogEvent {
    message: String,
}

fn read(content: &[u8], lines: &mut Vec<EnvelopeLine>) {
    for document in serde_json::Deserializer::from_slice(content).into_iter::<Document>() {
        match document {
            Ok(Document::Line { function, version, text }) => {
                lines.push(EnvelopeLine { function, version, text });
            }
            Ok(Document::Message { message_type, log_group, log_stream, log_events })
                if message_type == "DATA_MESSAGE" =>
            {
                let function = log_group.strip_prefix("/aws/lambda/").unwrap_or(&log_group);
                let version = version(&log_stream).unwrap_or_default();
                lines.extend(log_events.into_iter().map(|event| EnvelopeLine {
                    function: function.to_owned(),
                    version: version.to_owned(),
                    text: event.message.trim_end_matches('\n').to_owned(),
                }));
            }
            // With a control message CloudWatch Logs finds out whether somebody is there.
            Ok(Document::Message { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "a delivered record is neither log events nor a line");
                return;
            }
        }
    }
}

/// The version in the name of a log stream, `2026/11/25/[3]0123456789abcdef`.
fn version(stream: &str) -> Option<&str> {
    let (_, rest) = stream.split_once('[')?;
    rest.split_once(']').map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use serde_json::json;

    use super::*;

    fn packed(text: &str) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        BASE64_STANDARD.encode(encoder.finish().unwrap())
    }

    fn told(data: String) -> Vec<(String, String, String)> {
        let lines = lines(&[Record { data }]).unwrap();
        lines.into_iter().map(|line| (line.function, line.version, line.text)).collect()
    }

    #[test]
    fn log_events_know_their_function_and_version() {
        let message = json!({
            "messageType": "DATA_MESSAGE", "owner": "123456789012",
            "logGroup": "/aws/lambda/pp-0123-greet", "logStream": "2026/11/25/[3]0123456789abcdef",
            "subscriptionFilters": ["calls"],
            "logEvents": [{ "id": "1", "timestamp": 1, "message": "one\n" },
                          { "id": "2", "timestamp": 2, "message": "two" }],
        })
        .to_string();
        let line = |text: &str| ("pp-0123-greet".to_owned(), "3".to_owned(), text.to_owned());
        let both = [line("one"), line("two")];
        assert_eq!(told(packed(&message)), both);
        assert_eq!(told(packed(&format!("{message}{message}"))).len(), 4);
        assert_eq!(told(BASE64_STANDARD.encode(&message)), both);
    }

    #[test]
    fn control_messages_and_what_cannot_be_read_have_no_lines() {
        let control = json!({
            "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "",
            "logStream": "", "subscriptionFilters": [],
            "logEvents": [{ "id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE" }],
        });
        for data in [packed(&control.to_string()), packed("hello"), "!".to_owned(), String::new()] {
            assert_eq!(told(data), []);
        }
    }

    #[test]
    fn lines_may_be_put_directly() {
        let line = json!({ "function": "f", "version": "1", "text": "{}" }).to_string();
        let one = [("f".to_owned(), "1".to_owned(), "{}".to_owned())];
        assert_eq!(told(BASE64_STANDARD.encode(format!("{line}\n"))), one);
    }

    #[test]
    fn what_unpacks_to_too_much_is_not_unpacked() {
        let data = packed(&"x".repeat(MOST + 1));
        assert!(data.len() < MOST / 10);
        assert!(lines(&[Record { data }]).is_none());
    }
}
