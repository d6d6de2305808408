//! Lists in pages: `MaxItems` at a time, from `Marker` on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::body::Body;

use super::error::ApiError;
use super::request::{Query, reply};

/// Answers with one page of `items` as `member`, and the marker of the next where there is one.
pub(super) fn list_reply(
    query: &Query,
    default: usize,
    member: &str,
    items: Vec<(String, Value)>,
) -> Result<Response<Body>, ApiError> {
    let (shown, marker) = page(query, default, items)?;
    let mut body = json!({ member: shown });
    if let Some(marker) = marker {
        body["NextMarker"] = marker.into();
    }
    reply(StatusCode::OK, &body)
}

/// Cuts one page out of `items`, which are in the order of their keys. The marker is the key of
/// the last item shown, so that a page holds its place while items come and go.
fn page<T>(
    query: &Query,
    default: usize,
    items: Vec<(String, T)>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let limit = match query.get("MaxItems") {
        None => default,
        Some(text) => {
            text.parse().ok().filter(|limit| (1..=10_000).contains(limit)).ok_or_else(|| {
                ApiError::constraint("maxItems", text, "Member must have value between 1 and 10000")
            })?
        }
    };
    let limit = limit.min(default);
    let after = query.get("Marker").map(decode).transpose()?;
    let skipped = match &after {
        Some(last) => items.iter().take_while(|(key, _)| key <= last).count(),
        None => 0,
    };
    let more = items.len() > skipped + limit;
    let mut marker = None;
    let shown = items.into_iter().skip(skipped).take(limit);
    let shown = shown.map(|(key, item)| {
        marker = Some(key);
        item
    });
    let shown = shown.collect();
    Ok((shown, marker.filter(|_| more).map(|key| URL_SAFE_NO_PAD.encode(key))))
}

fn decode(marker: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(marker).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| ApiError::invalid("The marker is not one that a list of this host gave"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_together_are_the_list(count in 0_usize..60, size in 1_usize..12) {
            let items: Vec<_> = (0..count).map(|n| (format!("{n:03}"), n)).collect();
            let (mut seen, mut marker) = (Vec::new(), None::<String>);
            loop {
                let text = format!("MaxItems={size}{}", marker.map_or(String::new(), |it| format!("&Marker={it}")));
                let (page, next) = page(&Query::parse(&text), 50, items.clone()).unwrap();
                prop_assert!(page.len() <= size);
                seen.extend(page);
                marker = next;
                if marker.is_none() { break; }
            }
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for query in ["MaxItems=0", "MaxItems=x", "Marker=%%"] {
            assert!(page(&Query::parse(query), 50, vec![("a".to_owned(), 1)]).is_err(), "{query}");
        }
    }
}
