//! An HTTP request, read as far as the endpoint allows, in the form that an event has.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming as Body};
use tokio::time::timeout;

use crate::{
    event::Incoming,
    problem::{BODY_INCOMPLETE, Problem},
};

/// A body must have arrived within this time.
const BODY_WITHIN: Duration = Duration::from_secs(60);

/// Headers that concern one connection only.
const HOP_BY_HOP: [&str; 4] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding"];

/// Reads a request. Of a body that is too large no more is read than shows it.
pub(super) async fn read(
    request: Request<Body>,
    address: IpAddr,
    max_body: u64,
) -> Result<Incoming, Problem> {
    let (head, body) = request.into_parts();
    let incomplete = |why: String| Problem::new(BODY_INCOMPLETE, why);
    let (body, oversized) = match timeout(BODY_WITHIN, collect(body, max_body)).await {
        Ok(Ok(body)) => body.map_or((Bytes::new(), true), |body| (body, false)),
        Ok(Err(error)) => return Err(incomplete(format!("the body ended early: {error}"))),
        Err(_) => {
            let seconds = BODY_WITHIN.as_secs();
            return Err(incomplete(format!("the body did not arrive within {seconds} s")));
        }
    };
    Ok(Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        address: address.to_string(),
        headers: headers(&head.headers),
        body,
        oversized,
        // Only a host can hand a call of the deployment's own to a function.
        privilege: None,
    })
}

/// The body; `None` where it is too large.
async fn collect(mut body: Body, max_body: u64) -> hyper::Result<Option<Bytes>> {
    if body.size_hint().lower() > max_body {
        return Ok(None);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() as u64 > max_body {
            return Ok(None);
        }
    }
    Ok(Some(bytes.freeze()))
}

/// By name in lower case, values of one name joined by commas.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if HOP_BY_HOP.contains(&name.as_str()) {
            continue;
        }
        let value = text(value);
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    joined
}

/// What is no UTF-8 is read as Latin-1, so that no byte is lost.
fn text(value: &HeaderValue) -> String {
    match str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}
