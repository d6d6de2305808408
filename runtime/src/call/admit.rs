//! Whether a call may go on, asked of the state store in one round trip: its rate, whether it is the
//! repeat of another, and whether its answer is remembered.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use promptpilot_spec::{
    record::Cache as CacheOutcome,
    state::{Admit, RateAsk, RateLeft, RepeatAsk, Verdict},
};
use tokio::time::{Instant, timeout_at};

use super::{
    cache_key::{CacheControl, cache_key},
    entry::{Entry, Slot},
    flights::Seat,
    kept::Kept,
    ledger::Ledger,
    party::{Party, digest},
};
use crate::{
    endpoint::{Auth, Rate, Whose},
    event::Incoming,
    function::Function,
    log::{Level, log},
    problem::{
        HEADER_INVALID, Problem, RATE_LIMITED, REPEAT_DIFFERS, REPEAT_RUNNING, STATE_UNAVAILABLE,
        TIMEOUT,
    },
    provider::Turn,
    reply::Reply,
    state::State,
};

/// Longest `Idempotency-Key`, in bytes.
const LONGEST_KEY: usize = 255;

/// When a repeat may ask again while the first call is at work, and whenever the store is away.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How much longer than the call's own time its key is held.
const AFTER_DEADLINE: Duration = Duration::from_secs(5);

/// A call to be let in.
pub(super) struct Request<'f, 'a> {
    pub(super) function: &'f Function,
    pub(super) incoming: &'a Incoming,
    pub(super) party: &'a Party,
    /// The place of the model that is asked first.
    pub(super) model: usize,
    pub(super) turns: &'a [Turn],
    pub(super) deadline: Instant,
}

impl<'f> Request<'f, '_> {
    /// Lets the call in, or says why not: to do its work, or with an answer that was given before.
    /// What callers are told of their limits is set on every answer from here on.
    pub(super) async fn admit(
        &self,
        entry: &mut Entry<'f>,
        ledger: &mut Ledger,
        reply: &mut Reply,
    ) -> Result<Option<Kept>, Problem> {
        let Some(state) = &self.function.state else { return Ok(None) };
        let rate = self.function.endpoint.rate;
        let control = CacheControl::read(self.incoming);
        let cache = self.cache();
        let outcome = match &cache {
            None => CacheOutcome::Off,
            Some(_) if control.fresh => CacheOutcome::Bypass,
            Some(_) => CacheOutcome::Miss,
        };
        let ask = Admit {
            rate: rate.map(|rate| self.rate(rate)),
            repeat: self.repeat()?,
            cache: cache.as_ref().filter(|_| !control.fresh).map(|slot| slot.key.clone()),
        };
        let verdict = if ask == Admit::default() {
            Verdict::Go
        } else {
            self.ask(state, &ask, rate, ledger, reply).await?
        };
        let looked_up = ask.cache;
        entry.state = Some(state);
        entry.cache = cache.filter(|_| !control.forget);
        match verdict {
            Verdict::Go => entry.repeat = ask.repeat.map(|repeat| repeat.key),
            Verdict::Running => {
                let detail = "the first call with this `Idempotency-Key` is still at work";
                return Err(Problem::new(REPEAT_RUNNING, detail).retry_after(RETRY_AFTER));
            }
            Verdict::Mismatch => {
                let detail = "this `Idempotency-Key` was used for another request";
                return Err(Problem::new(REPEAT_DIFFERS, detail));
            }
            Verdict::Repeat(answer) => {
                reply.always(header("x-promptpilot-idempotency", "replayed"));
                entry.cache = None;
                return read(&answer).map(Some);
            }
            // What cannot be read was written by another version: it is made anew.
            Verdict::Hit(answer) => {
                entry.repeat = ask.repeat.map(|repeat| repeat.key);
                if let Ok(kept) = Kept::read(&answer) {
                    let is_fresh = kept.is_fresh(SystemTime::now());
                    let outcome = if is_fresh { CacheOutcome::Hit } else { CacheOutcome::Stale };
                    if !is_fresh {
                        entry.refresh_by(&self.function.flights);
                    }
                    return Ok(Some(remembered(kept, outcome, entry, ledger, reply)));
                }
            }
        }
        note_cache(outcome, ledger, reply);
        if let Some(key) = looked_up {
            let seat = timeout_at(self.deadline, self.function.flights.join(&key)).await;
            match seat.map_err(|_| Problem::new(TIMEOUT, "no answer within the call's time"))? {
                Seat::Lead(lead) => entry.lead = Some(lead),
                Seat::Answered(kept) => {
                    let kept = Kept::clone(&kept);
                    return Ok(Some(remembered(kept, CacheOutcome::Hit, entry, ledger, reply)));
                }
            }
        }
        Ok(None)
    }

    async fn ask(
        &self,
        state: &State,
        ask: &Admit,
        rate: Option<Rate>,
        ledger: &mut Ledger,
        reply: &mut Reply,
    ) -> Result<Verdict, Problem> {
        let admitted = match state.admit(ask, self.deadline).await {
            Ok(admitted) => admitted,
            Err(error) => {
                log(Level::Error, &format!("the state store cannot be reached: {error}"));
                return without_store(ask, ledger);
            }
        };
        if let (Some(rate), Some(left)) = (rate, admitted.rate) {
            reply.always(told(rate, left));
            if !left.allowed {
                return Err(Problem::new(
                    RATE_LIMITED,
                    format!("{} may make now", whose(rate.per)),
                )
                .retry_after(Duration::from_micros(left.retry_after_us)));
            }
        }
        Ok(admitted.verdict)
    }

    fn rate(&self, rate: Rate) -> RateAsk {
        let Rate { capacity, step_us, per } = rate;
        RateAsk { bucket: self.party.name(per), capacity, step_us }
    }

    /// The answer's place in memory, where the endpoint remembers.
    fn cache(&self) -> Option<Slot> {
        let times = self.function.endpoint.cache?;
        let scope = self.party.name(times.per);
        let key = cache_key(&self.function.identity, &scope, self.model, self.turns);
        Some(Slot { key, times })
    }

    fn repeat(&self) -> Result<Option<RepeatAsk>, Problem> {
        let keyed = matches!(self.function.endpoint.auth, Auth::ApiKey { .. });
        let Some(given) = self.incoming.header("idempotency-key").filter(|_| keyed) else {
            return Ok(None);
        };
        if given.len() > LONGEST_KEY {
            let detail = format!("`Idempotency-Key` may have {LONGEST_KEY} bytes");
            return Err(Problem::new(HEADER_INVALID, detail));
        }
        let left = self.deadline.saturating_duration_since(Instant::now()) + AFTER_DEADLINE;
        Ok(Some(RepeatAsk {
            key: format!("{}/{}", self.party.name(Whose::Key), digest(given)),
            request: digest(&self.incoming.body),
            lease_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
        }))
    }
}

/// A rate and a memory that cannot be reached hold nobody back. A caller who asks that a call is made
/// once, at most, is told that nobody can promise it.
fn without_store(ask: &Admit, ledger: &mut Ledger) -> Result<Verdict, Problem> {
    let parts = [
        ("rate", ask.rate.is_some()),
        ("repeat", ask.repeat.is_some()),
        ("cache", ask.cache.is_some()),
    ];
    for (part, _) in parts.iter().filter(|(_, asked)| *asked) {
        ledger.note_state_failed(part);
    }
    if ask.repeat.is_some() {
        let detail = "nobody can say whether this `Idempotency-Key` was used before";
        return Err(Problem::new(STATE_UNAVAILABLE, detail).retry_after(RETRY_AFTER));
    }
    Ok(Verdict::Go)
}

fn remembered(
    kept: Kept,
    outcome: CacheOutcome,
    entry: &mut Entry<'_>,
    ledger: &mut Ledger,
    reply: &mut Reply,
) -> Kept {
    note_cache(outcome, ledger, reply);
    // It is remembered already, and must not live longer by being asked for.
    entry.cache = None;
    kept
}

fn read(answer: &str) -> Result<Kept, Problem> {
    Kept::read(answer).map_err(|error| {
        log(Level::Error, &format!("a kept answer cannot be read: {error}"));
        Problem::new(
            STATE_UNAVAILABLE,
            "the first answer was kept in a form that is not known here",
        )
    })
}

fn note_cache(outcome: CacheOutcome, ledger: &mut Ledger, reply: &mut Reply) {
    ledger.note_cache(outcome);
    let word = match outcome {
        CacheOutcome::Off => return,
        CacheOutcome::Hit => "hit",
        CacheOutcome::Stale => "stale",
        CacheOutcome::Miss => "miss",
        CacheOutcome::Bypass => "bypass",
    };
    reply.always(header("x-promptpilot-cache", word));
}

fn whose(per: Whose) -> &'static str {
    match per {
        Whose::Endpoint => "the endpoint has had all the calls that its callers",
        Whose::Key => "this key has made all the calls that it",
        Whose::User => "this user has made all the calls that they",
        Whose::Address => "this address has made all the calls that it",
    }
}

fn header(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
}

/// `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-10.
fn told(rate: Rate, left: RateLeft) -> HeaderMap {
    let seconds = |micros: u64| micros.div_ceil(1_000_000);
    let window = seconds(rate.step_us.saturating_mul(u64::from(rate.capacity)));
    let policy = format!("\"default\";q={};w={window}", rate.capacity);
    let now = format!("\"default\";r={};t={}", left.remaining, seconds(left.reset_us));
    let headers = [("ratelimit-policy", policy), ("ratelimit", now)];
    let value = |(name, value): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    };
    headers.into_iter().filter_map(value).collect()
}
