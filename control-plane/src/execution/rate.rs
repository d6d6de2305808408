//! How often one key may ask. Counted in the database, so for all servers together.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use promptpilot_spec::state::{RateAsk, RateLeft};

use super::KeyCaller;
use crate::{
    http::{Problem, Tenant},
    state,
};

const MINUTE_US: u64 = 60_000_000;

/// Counts a request: what the caller is told of what is left, and the problem where nothing is.
pub(super) async fn count(caller: &KeyCaller) -> Result<(HeaderMap, Result<(), Problem>), Problem> {
    let per_minute = caller.rate();
    let ask = RateAsk {
        bucket: caller.bucket(),
        capacity: per_minute,
        step_us: MINUTE_US / u64::from(per_minute),
    };
    // One statement, which every call waits for: a transaction of its organization's would be three.
    let mut db = caller.plane().database().system_async_commit().acquire().await?;
    let left = state::count(&mut db, caller.organization(), &ask).await?;
    let outcome = if left.allowed {
        Ok(())
    } else {
        let detail = format!("this key has made all of its {per_minute} requests a minute");
        let seconds = left.retry_after_us.div_ceil(1_000_000).max(1);
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail);
        Err(problem.retry_after(seconds))
    };
    Ok((told(per_minute, left), outcome))
}

/// `RateLimit` and `RateLimit-Policy`, as deployed endpoints tell them.
fn told(per_minute: u32, left: RateLeft) -> HeaderMap {
    let reset = left.reset_us.div_ceil(1_000_000);
    let headers = [
        ("ratelimit-policy", format!("\"key\";q={per_minute};w=60")),
        ("ratelimit", format!("\"key\";r={};t={reset}", left.remaining)),
    ];
    let value = |(name, text): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::try_from(text).ok()?))
    };
    headers.into_iter().filter_map(value).collect()
}
