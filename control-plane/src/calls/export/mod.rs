//! Calls as a file: streamed, newest first, however many they are. They are read in portions, so no
//! transaction is open while the reader is slow.

mod csv;
pub(crate) mod routes;

use std::time::Duration;

use async_stream::try_stream;
use bytes::Bytes;
use futures::Stream;
use promptpilot_spec::record::CallRecord;
use schemars::JsonSchema;
use serde::Deserialize;

use super::search::{
    find,
    wanted::{Span, Wanted},
};
use crate::http::Context;

/// Calls that are read at once.
const PORTION: i64 = 500;

/// How long a portion is looked for before what was found so far is sent.
const WITHIN: Duration = Duration::from_secs(10);

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// A JSON object a line: whole records.
    #[default]
    Jsonl,
    /// Comma-separated values with a header: what fits into columns.
    Csv,
}

impl Format {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Jsonl => "attachment; filename=\"calls.jsonl\"",
            Self::Csv => "attachment; filename=\"calls.csv\"",
        }
    }

    const fn head(self) -> &'static str {
        match self {
            Self::Jsonl => "",
            Self::Csv => csv::HEADER,
        }
    }

    fn write(self, calls: &[CallRecord]) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        for call in calls {
            match self {
                Self::Csv => csv::line(call, &mut text),
                Self::Jsonl => {
                    text.push_str(&serde_json::to_string(call)?);
                    text.push('\n');
                }
            }
        }
        Ok(text)
    }
}

/// The file's content. Where the database fails it breaks off, so that nobody takes a part for the whole.
fn content(
    context: Context,
    wanted: Wanted,
    mut span: Span,
    format: Format,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    try_stream! {
        yield Bytes::from_static(format.head().as_bytes());
        loop {
            let found = find(&context, &wanted, span, PORTION, WITHIN).await;
            let found = found.map_err(|problem| std::io::Error::other(problem.detail().to_owned()))?;
            let last = found.calls.last().map(|call| call.call_id);
            yield Bytes::from(format.write(&found.calls)?);
            match (found.stopped, last) {
                (Some(stopped), _) => span.end = stopped,
                (None, Some(last)) if found.calls.len() == PORTION as usize => span.end = last,
                _ => return,
            }
        }
    }
}
