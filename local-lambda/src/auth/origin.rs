//! Keeps web pages away: a browser may be made to send requests here, but it tells where they come
//! from, and a name that leads here by trickery is not one of ours.

use http::header::{HOST, ORIGIN};
use http::request::Parts;

use crate::api::error::ApiError;

/// Refuses requests from web pages and to names that are not loopback.
pub(crate) fn check(head: &Parts) -> Result<(), ApiError> {
    if head.headers.contains_key(ORIGIN) {
        return Err(refused(
            "Requests from web pages are refused (the request has an Origin header)",
        ));
    }
    let header = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
    if host.is_some_and(|host| is_loopback(without_port(host))) {
        return Ok(());
    }
    Err(refused("The Host header must name this machine: localhost, 127.0.0.1 or [::1]"))
}

fn refused(message: &str) -> ApiError {
    ApiError::access_denied(Some(message.to_owned()))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_ours() {
        let ours = |host| is_loopback(without_port(host));
        assert!(
            ["localhost", "LocalHost:1", "127.0.0.1:80", "[::1]", "[::1]:80", "a.localhost"]
                .into_iter()
                .all(ours)
        );
        assert!(
            !["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil"]
                .into_iter()
                .any(ours)
        );
    }
}
