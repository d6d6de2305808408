//! Where URLs are on this host: below `/e/<url-id>/`, and at names `<url-id>.lambda-url.<region>.localhost`.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Request, Uri};

/// Where URLs are on this host's listener.
pub(crate) const PATH_PREFIX: &str = "/e/";
const NAME: &str = ".lambda-url.";

/// The URL that a request is for, and the path that its function sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) url_id: &'a str,
    pub(super) path: &'a str,
}

/// Whether a request is for a URL, and not for the REST API.
pub(crate) fn is_for_url<T>(request: &Request<T>) -> bool {
    target(request.uri(), request.headers()).is_some()
}

/// `None` where the request is for no URL.
pub(super) fn target<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Target<'a>> {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| uri.authority().map(Authority::as_str));
    let named = host.and_then(|host| host.split_once(NAME));
    match named.filter(|(_, rest)| is_here(rest)) {
        Some((url_id, _)) => Some(Target { url_id, path: uri.path() }),
        None => below_prefix(uri.path()),
    }
}

/// `<region>.localhost`, perhaps with a port.
fn is_here(rest: &str) -> bool {
    let name = rest.split(':').next().unwrap_or_default();
    name.split_once('.').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case("localhost"))
}

/// `/e/<id>/path` as id and `/path`.
fn below_prefix(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix(PATH_PREFIX)?;
    let (url_id, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    Some(Target { url_id, path })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderValue;

    use super::*;

    fn at(host: &'static str, path: &'static str) -> Option<(String, String)> {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
        let uri = path.parse().unwrap();
        target(&uri, &headers).map(|it| (it.url_id.to_owned(), it.path.to_owned()))
    }

    #[test]
    fn the_prefix_is_taken_off() {
        let found = |id: &str, path: &str| Some((id.to_owned(), path.to_owned()));
        assert_eq!(at("localhost", "/e/abc/x/y?z"), found("abc", "/x/y"));
        assert_eq!(at("localhost", "/e/abc/"), found("abc", "/"));
        assert_eq!(at("localhost", "/e/abc"), found("abc", "/"));
        assert_eq!(at("localhost", "/e/"), found("", "/"));
        assert_eq!(at("localhost", "/2015-03-31/functions"), None);
    }

    #[test]
    fn a_name_leads_to_its_url() {
        let found = Some(("abc".to_owned(), "/e/x".to_owned()));
        assert_eq!(at("abc.lambda-url.eu-central-1.localhost:7434", "/e/x"), found);
        assert_eq!(at("abc.lambda-url.eu-central-1.localhost", "/e/x"), found);
        assert_eq!(at("abc.lambda-url.eu-central-1.on.aws", "/x"), None);
        assert_eq!(at("abc.localhost", "/x"), None);
    }
}
