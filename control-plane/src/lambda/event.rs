//! Events as a function URL sends them, made up by us: to verify a version that has no URL yet, and
//! for somebody who tries one.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// A request to a function, before any URL leads to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: Option<&'a Map<String, Value>>,
    /// The deployment's secret: shows the function that the deployer itself is asking.
    pub(crate) token: &'a str,
    /// Why it asks, as call records say it: `verify` or `try`.
    pub(crate) source: &'a str,
}

/// The event (payload format 2.0) with the one member that no URL request can produce.
pub(crate) fn url_event(request: Request<'_>) -> Value {
    let Request { method, path, body, token, source } = request;
    let now = OffsetDateTime::now_utc();
    let id = uuid::Uuid::now_v7().to_string();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "host": "verify.promptpilot.internal",
            "user-agent": "promptpilot-verify",
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "verify",
            "domainName": "verify.promptpilot.internal",
            "domainPrefix": "verify",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "promptpilot-verify",
            },
            "requestId": id,
            "routeKey": "$default",
            "stage": "$default",
            "time": clock(now),
            "timeEpoch": now.unix_timestamp() * 1000 + i64::from(now.millisecond()),
        },
        "isBase64Encoded": false,
        "promptpilot": { "verify": token, "source": source },
    });
    if let Some(body) = body {
        event["headers"]["content-type"] = json!("application/json");
        event["body"] = json!(Value::Object(body.clone()).to_string());
    }
    event
}

/// A time as Lambda writes it: `23/Nov/2026:17:40:02 +0000`.
fn clock(time: OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000"
    );
    time.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_url_request_with_the_deployers_mark() {
        let body = Map::from_iter([("text".to_owned(), json!("a\"b"))]);
        let event = url_event(Request {
            method: "POST",
            path: "/",
            body: Some(&body),
            token: "secret",
            source: "try",
        });
        assert_eq!(event["body"], json!(r#"{"text":"a\"b"}"#));
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["promptpilot"], json!({ "verify": "secret", "source": "try" }));
    }

    #[test]
    fn times_are_written_as_lambda_writes_them() {
        let time = time::macros::datetime!(2026-11-03 07:04:02 UTC);
        assert_eq!(clock(time), "03/Nov/2026:07:04:02 +0000");
    }
}
