//! A function that streams puts status and headers in front of its body: JSON, eight NUL bytes,
//! the body. Whoever calls without a URL takes it apart.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An HTTP answer that came through Invoke.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What lies between prelude and body.
const END: [u8; 8] = [0; 8];

/// Takes an answer apart; `None` if it is none.
pub(crate) fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(END.len()).position(|window| window == END)?;
    let prelude: Prelude = serde_json::from_slice(&bytes[..end]).ok()?;
    Some(Answer {
        status: prelude.status_code,
        headers: prelude.headers,
        body: bytes[end + END.len()..].to_vec(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let bytes = b"{\"statusCode\":200,\"headers\":{\"a\":\"b\"}}\0\0\0\0\0\0\0\0body\0";
        let answer = parse(bytes).unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"body\0"[..]));
        assert_eq!(answer.headers["a"], "b");
    }

    proptest::proptest! {
        #[test]
        fn any_body_survives(status in 100_u16..600, body in proptest::collection::vec(0_u8..4, 0..64)) {
            let mut bytes = format!("{{\"statusCode\":{status}}}").into_bytes();
            bytes.extend_from_slice(&END);
            bytes.extend_from_slice(&body);
            let answer = parse(&bytes).unwrap();
            assert_eq!((answer.status, answer.body), (status, body));
        }

        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..256)) {
            parse(&bytes);
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for bytes in [&b""[..], b"{}", b"{\"errorMessage\":\"x\"}", b"x\0\0\0\0\0\0\0\0"] {
            assert_eq!(parse(bytes), None);
        }
    }
}
