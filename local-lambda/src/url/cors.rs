//! What browsers are told of a URL that has CORS settings. The function has no say in it: its own
//! headers of this kind are replaced.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use crate::body::Body;
use crate::model::Cors;

/// The answer to a browser that asks before it sends; `None` for any other request.
pub(super) fn preflight(cors: &Cors, head: &Parts) -> Option<Response<Body>> {
    let asks = head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    asks.then(|| {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        if allow_origin(cors, &head.headers, headers) {
            list(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
            list(headers, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
            if let Some(age) = cors.max_age {
                headers.insert(ACCESS_CONTROL_MAX_AGE, age.into());
            }
        }
        response
    })
}

/// Puts the settings into the answer of the function.
pub(super) fn apply(cors: &Cors, origin: &HeaderMap, headers: &mut HeaderMap) {
    for name in [
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE,
    ] {
        headers.remove(name);
    }
    if allow_origin(cors, origin, headers) {
        list(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
    }
}

/// Whether the request is of an origin that may read the answer.
fn allow_origin(cors: &Cors, request: &HeaderMap, headers: &mut HeaderMap) -> bool {
    let Some(origin) = request.get(ORIGIN) else { return false };
    let any = cors.allow_origins.iter().any(|allowed| allowed == "*");
    if !any && !cors.allow_origins.iter().any(|allowed| origin == allowed.as_str()) {
        return false;
    }
    let credentials = cors.allow_credentials == Some(true);
    // A wildcard would not let credentials through, so the origin is named.
    let told = if any && !credentials { HeaderValue::from_static("*") } else { origin.clone() };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, told);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if credentials {
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    true
}

fn list(headers: &mut HeaderMap, name: HeaderName, items: &[String]) {
    if !items.is_empty()
        && let Ok(value) = HeaderValue::from_str(&items.join(","))
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::Request;

    use super::*;

    fn settings(origins: &[&str], credentials: bool) -> Cors {
        Cors {
            allow_origins: origins.iter().map(|it| (*it).to_owned()).collect(),
            allow_methods: vec!["GET".to_owned(), "POST".to_owned()],
            allow_credentials: credentials.then_some(true),
            max_age: Some(60),
            ..Cors::default()
        }
    }

    fn asked(origin: &str) -> Parts {
        let request = Request::options("/")
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_preflight_is_answered_for_allowed_origins() {
        let cors = settings(&["https://a.example"], true);
        let told = preflight(&cors, &asked("https://a.example")).unwrap();
        assert_eq!(told.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        assert_eq!(told.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET,POST");
        assert_eq!(told.headers()[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(told.headers()[ACCESS_CONTROL_MAX_AGE], "60");
        let other = preflight(&cors, &asked("https://b.example")).unwrap();
        assert!(other.headers().is_empty());
        let plain = Request::options("/").body(()).unwrap().into_parts().0;
        assert!(preflight(&cors, &plain).is_none());
    }

    #[test]
    fn the_settings_win_over_the_functions_headers() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("https://c.example"));
        apply(&settings(&["*"], false), &asked("https://b.example").headers, &mut headers);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        apply(&settings(&[], false), &asked("https://b.example").headers, &mut headers);
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
