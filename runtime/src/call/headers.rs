//! What a caller tells beside the body.

use serde_json::Value;

use super::ledger::Metadata;
use crate::{
    event::Incoming,
    problem::{HEADER_INVALID, Problem},
};

/// Largest `x-promptpilot-metadata`, in bytes.
const MAX_METADATA: usize = 4096;

/// Longest `x-promptpilot-user`, in characters.
const MAX_USER: usize = 256;

/// The headers that we read on every call.
#[derive(Debug, Default)]
pub(crate) struct CallHeaders {
    pub(crate) user: Option<String>,
    pub(crate) metadata: Option<Metadata>,
    /// A valid W3C trace context, as it came.
    pub(crate) traceparent: Option<String>,
    pub(crate) country: Option<String>,
}

impl CallHeaders {
    pub(crate) fn read(incoming: &Incoming) -> Result<Self, Problem> {
        Ok(Self {
            user: user(incoming)?,
            metadata: metadata(incoming)?,
            // The standard asks to ignore what is not valid.
            traceparent: incoming
                .header("traceparent")
                .filter(|text| is_traceparent(text))
                .map(str::to_owned),
            country: incoming
                .header("cloudfront-viewer-country")
                .filter(|text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()))
                .map(str::to_owned),
        })
    }

    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.get(3..35)
    }
}

fn user(incoming: &Incoming) -> Result<Option<String>, Problem> {
    match incoming.header("x-promptpilot-user") {
        Some(user) if user.chars().count() > MAX_USER => Err(Problem::new(
            HEADER_INVALID,
            format!("`x-promptpilot-user` may have {MAX_USER} characters"),
        )),
        user => Ok(user.map(str::to_owned)),
    }
}

fn metadata(incoming: &Incoming) -> Result<Option<Metadata>, Problem> {
    let Some(text) = incoming.header("x-promptpilot-metadata") else { return Ok(None) };
    if text.len() > MAX_METADATA {
        let detail = format!("`x-promptpilot-metadata` may have {MAX_METADATA} bytes");
        return Err(Problem::new(HEADER_INVALID, detail));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(metadata)) => Ok(Some(metadata)),
        _ => Err(Problem::new(
            HEADER_INVALID,
            "`x-promptpilot-metadata` must be a JSON object such as {\"ticket\":\"17\"}",
        )),
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero; later versions may have more after that.
fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let id = |part: &str, length| hex(part, length) && part.bytes().any(|b| b != b'0');
    let mut parts = text.split('-');
    let mut next = || parts.next().unwrap_or_default();
    let (version, trace, span, flags) = (next(), next(), next(), next());
    hex(version, 2)
        && version != "ff"
        && id(trace, 32)
        && id(span, 16)
        && hex(flags, 2)
        && (version != "00" || parts.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_contexts_are_checked() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let good = format!("00-{trace}-00f067aa0ba902b7-01");
        assert!(is_traceparent(&good) && is_traceparent(&format!("cc{}-what", &good[2..])));
        for bad in [
            String::new(),
            format!("{good}-more"),
            good.to_uppercase(),
            good.replace(trace, &"0".repeat(32)),
            good.replacen("00-", "ff-", 1),
        ] {
            assert!(!is_traceparent(&bad), "{bad}");
        }
        let headers = CallHeaders { traceparent: Some(good), ..CallHeaders::default() };
        assert_eq!(headers.trace_id(), Some(trace));
    }
}
