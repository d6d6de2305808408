#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use http::HeaderName;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KNOWN: [&str; 10] = [
    "version",
    "routeKey",
    "rawPath",
    "rawQueryString",
    "cookies",
    "headers",
    "queryStringParameters",
    "requestContext",
    "body",
    "isBase64Encoded",
];

fn event(path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> Value {
    let source = Source {
        url_id: "abc",
        id: Uuid::nil(),
        method: "POST",
        path,
        query,
        headers,
        body,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 80,
        secure: false,
        trace_id: &HeaderValue::from_static("Root=1"),
        access_key: None,
    };
    serde_json::from_slice(&source.event().unwrap()).unwrap()
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let mut map = HeaderMap::new();
    pairs.iter().map(pair).for_each(|(name, value)| {
        map.append(name, value);
    });
    map
}

#[test]
fn an_event_is_the_services() {
    let headers = headers(&[
        ("host", "localhost:1"),
        ("content-type", "application/json; charset=utf-8"),
        ("user-agent", "curl"),
        ("x-many", "one"),
        ("x-many", "two"),
        ("cookie", "a=1; b=2"),
        ("connection", "keep-alive"),
    ]);
    let mut event = event("/pa2%Fth/1", "q=a%20b&q=%2Fbar&flag", &headers, br#"{"x":1}"#);
    event["requestContext"]["time"] = "[time]".into();
    event["requestContext"]["timeEpoch"] = "[time]".into();
    insta::assert_json_snapshot!(event);
}

#[test]
fn bodies_are_base64_unless_they_are_text() {
    let of = |content_type, body: &[u8]| {
        let event = event("/", "", &headers(&[("content-type", content_type)]), body);
        (event["body"].clone(), event["isBase64Encoded"].clone())
    };
    assert_eq!(of("text/plain", b"hi"), (json!("hi"), json!(false)));
    assert_eq!(of("application/problem+json", b"{}"), (json!("{}"), json!(false)));
    assert_eq!(of("text/plain", &[0xff]), (json!("/w=="), json!(true)));
    assert_eq!(of("application/x-www-form-urlencoded", b"a=b"), (json!("YT1i"), json!(true)));
    assert_eq!(of("image/png", b"hi"), (json!("aGk="), json!(true)));
    assert_eq!(of("text/plain", b""), (Value::Null, json!(false)));
}

proptest! {
    #[test]
    fn no_request_sets_another_top_level_member(
        path in "/[!-~]{0,30}",
        query in "[!-~]{0,30}",
        given in proptest::collection::vec(("[a-z-]{1,12}", proptest::collection::vec(0x20_u8..=0xff, 0..20)), 0..8),
        body in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let value = HeaderValue::from_bytes(&value);
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
                headers.append(name, value);
            }
        }
        let event = event(&path, &query, &headers, &body);
        let members = event.as_object().unwrap();
        prop_assert!(members.keys().all(|member| KNOWN.contains(&member.as_str())), "{members:?}");
        prop_assert_eq!(&event["rawPath"], &json!(path));
        prop_assert_eq!(&event["rawQueryString"], &json!(query));
        let text = event["body"].as_str().unwrap_or_default();
        let bytes = if event["isBase64Encoded"] == true { STANDARD.decode(text).unwrap() } else { text.into() };
        prop_assert_eq!(bytes, body);
    }
}
