//! How often one token, and one address, may ask. The counts are this process's own: several
//! servers behind one database allow as much each.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
    state::keyed::DefaultKeyedStateStore,
};

use super::{Problem, address};
use crate::{plane::ControlPlane, settings::Rates};

type Limiter<K> =
    RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// After this many requests, what has not asked for a while is forgotten.
const FORGET_EVERY: u32 = 10_000;

/// Both counts.
pub(crate) struct Limits {
    token: Limiter<u64>,
    address: Limiter<IpAddr>,
    counted: AtomicU32,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            token: limiter(rates.token),
            address: limiter(rates.address),
            counted: AtomicU32::new(0),
        }
    }

    /// Counts a request: what is left, or how long to wait.
    fn count(&self, address: Option<IpAddr>, token: Option<u64>) -> Result<Left, Wait> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.token.retain_recent();
            self.address.retain_recent();
        }
        let of_address = address.map(|address| check(&self.address, "address", &address));
        let of_token = token.map(|token| check(&self.token, "token", &token));
        let left = [of_address, of_token].into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
        Ok(left.into_iter().min_by_key(|left| left.requests).unwrap_or_default())
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

fn limiter<K: Hash + Eq + Clone>(per_minute: NonZeroU32) -> Limiter<K> {
    RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware()
}

#[derive(Debug, Default)]
struct Left {
    policy: &'static str,
    per_minute: u32,
    requests: u32,
}

#[derive(Debug)]
struct Wait {
    policy: &'static str,
    per_minute: u32,
    seconds: u64,
}

fn check<K: Hash + Eq + Clone>(
    limiter: &Limiter<K>,
    policy: &'static str,
    key: &K,
) -> Result<Left, Wait> {
    let left = |snapshot: &StateSnapshot| Left {
        policy,
        per_minute: snapshot.quota().burst_size().get(),
        requests: snapshot.remaining_burst_capacity(),
    };
    limiter.check_key(key).map(|snapshot| left(&snapshot)).map_err(|until| Wait {
        policy,
        per_minute: until.quota().burst_size().get(),
        seconds: until.wait_time_from(DefaultClock::default().now()).as_secs() + 1,
    })
}

/// Refuses who asks too often, and tells everybody what is left to them.
pub(crate) async fn limit(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let Some(limits) = plane.limits() else { return next.run(request).await };
    let address = address::of(request.headers(), request.extensions(), plane.settings());
    let counted = limits.count(address, shown(request.headers()));
    let (response, policy, per_minute, left, reset) = match counted {
        Ok(left) => (next.run(request).await, left.policy, left.per_minute, left.requests, None),
        Err(wait) => {
            let detail = format!(
                "more than {} requests a minute by this {}; try again in {} s",
                wait.per_minute, wait.policy, wait.seconds
            );
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail)
                .retry_after(wait.seconds);
            (problem.into_response(), wait.policy, wait.per_minute, 0, Some(wait.seconds))
        }
    };
    tell(response, policy, per_minute, left, reset)
}

/// `RateLimit` and `RateLimit-Policy`, as the IETF's draft has them.
fn tell(
    mut response: Response,
    policy: &str,
    per_minute: u32,
    left: u32,
    reset: Option<u64>,
) -> Response {
    // What a handler has told is narrower.
    if policy.is_empty() || response.headers().contains_key("ratelimit-policy") {
        return response;
    }
    let reset = reset.map(|seconds| format!(";t={seconds}")).unwrap_or_default();
    for (name, text) in [
        ("ratelimit-policy", format!("\"{policy}\";q={per_minute};w=60")),
        ("ratelimit", format!("\"{policy}\";r={left}{reset}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// What a request shows to be let in, right or wrong: enough to tell callers apart.
fn shown(headers: &HeaderMap) -> Option<u64> {
    let shown = headers.get(header::AUTHORIZATION).or_else(|| headers.get(header::COOKIE))?;
    let mut hasher = DefaultHasher::new();
    shown.as_bytes().hash(&mut hasher);
    Some(hasher.finish())
}

/// The limits of a server, where it has some.
pub(crate) fn limits(rates: Option<Rates>) -> Option<Arc<Limits>> {
    rates.map(|rates| Arc::new(Limits::new(rates)))
}
