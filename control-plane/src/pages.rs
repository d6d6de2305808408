//! The dashboard: files that were built beforehand and travel in the binary. A path that is neither
//! the API's nor a file's is one of its pages.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
        },
    },
    response::{Html, IntoResponse, Response},
};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::http::Problem;

/// Empty but for a placeholder where the pages have not been built.
static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../dashboard/dist");

/// Said where there are no pages.
const NOT_BUILT: &str = include_str!("pages/not_built.html");

/// The file that all pages begin with.
const INDEX: &str = "index.html";

/// What is under these is no page.
const RESERVED: [&str; 7] =
    ["/api", "/v1", "/docs", "/.well-known", "/healthz", "/readyz", "/metrics"];

/// Scripts and connections are ours alone. Components set styles on their elements.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Files under `/assets/` are named by their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers whatever no route takes.
pub(crate) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || is_reserved(path) {
        return missing(request.uri());
    }
    match file(path, request.headers()) {
        Some(response) => response,
        // A script of another build. The page knows to load itself anew.
        None if path.starts_with("/assets/") => missing(request.uri()),
        None => file(INDEX, request.headers())
            .unwrap_or_else(|| ([(CACHE_CONTROL, ASK_AGAIN)], Html(NOT_BUILT)).into_response()),
    }
}

fn missing(uri: &Uri) -> Response {
    Problem::not_found("route", uri.path()).into_response()
}

fn is_reserved(path: &str) -> bool {
    RESERVED.iter().any(|reserved| {
        path.strip_prefix(reserved).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A file, in the smallest form that the caller takes.
fn file(path: &str, asked: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    let plain = FILES.get_file(path)?.contents();
    let smaller = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, extension)| {
        let file = FILES.get_file(format!("{path}.{extension}"))?;
        takes(asked, encoding).then(|| (encoding, file.contents()))
    });
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let lasting = path.starts_with("assets/");
    headers.insert(CACHE_CONTROL, if lasting { FOR_EVER } else { ASK_AGAIN });
    if !lasting && let Ok(tag) = HeaderValue::try_from(tag(plain)) {
        if asked.get(IF_NONE_MATCH).is_some_and(|seen| *seen == tag) {
            return Some((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        headers.insert(ETAG, tag);
    }
    let contents = match smaller {
        Some((encoding, contents)) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            contents
        }
        None => plain,
    };
    Some((headers, contents).into_response())
}

/// The same for all forms of a file, so a weak one.
fn tag(contents: &[u8]) -> String {
    format!("W/\"{}\"", hex::encode(&Sha256::digest(contents)[..12]))
}

/// Whether a caller reads an encoding: it is named, and not with `q=0`.
fn takes(asked: &HeaderMap, encoding: &str) -> bool {
    let named = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|part| {
        let (name, quality) = part.split_once(';').unwrap_or((part, ""));
        let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_are_reserved() {
        for path in ["/api", "/api/endpoints", "/v1/models", "/healthz", "/.well-known/x"] {
            assert!(is_reserved(path), "{path}");
        }
        for path in ["/", "/apis", "/endpoints/api", "/v10", "/healthzy"] {
            assert!(!is_reserved(path), "{path}");
        }
    }

    #[test]
    fn an_encoding_is_sent_to_those_who_read_it() {
        let takes = |accept: &'static str| {
            let headers =
                HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            super::takes(&headers, "br")
        };
        assert!(takes("gzip, deflate, br"));
        assert!(takes("BR;q=0.5"));
        assert!(!takes("gzip"));
        assert!(!takes("br;q=0, gzip"));
        assert!(!super::takes(&HeaderMap::new(), "br"));
    }
}
