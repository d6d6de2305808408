//! Who calls: the key, looked up in the state store and remembered for [`REMEMBERED`].
//!
//! How old a memory is, is seen when it is used and by the wall clock: a process may be frozen for
//! hours and must not wake with a key that was revoked meanwhile.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use promptpilot_spec::{
    deployment::Identity,
    key::{self, KeyKind},
    state::KeyRecord,
};
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::ledger::Ledger;
use crate::{
    endpoint::Auth,
    event::Incoming,
    function::Function,
    log::{Level, log},
    problem::{KEY_DENIED, KEY_MISSING, KEY_UNKNOWN, Problem, STATE_UNAVAILABLE},
};

/// How long a key is taken for what it was.
const REMEMBERED: Duration = Duration::from_secs(30);

/// When a caller may try again after the store could not be reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Most keys that a process remembers.
const MOST_KEYS: usize = 1000;

/// On whose account a call is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The key that was used.
    pub(crate) key: Option<Uuid>,
    /// The sandbox is to answer.
    pub(crate) test: bool,
}

/// Lets in who may call, and notes who it was.
pub(super) async fn check(
    function: &Function,
    incoming: &Incoming,
    deadline: Instant,
    ledger: &mut Ledger,
) -> Result<Caller, Problem> {
    let asks = matches!(function.endpoint.auth, Auth::ApiKey { .. });
    if !asks || incoming.privilege.is_some() {
        return Ok(Caller::default());
    }
    let text = given(incoming).ok_or_else(|| {
        Problem::new(KEY_MISSING, "send a key as `Authorization: Bearer pp_live_…` or `x-api-key`")
    })?;
    let kind = key::kind(text).ok_or_else(|| {
        Problem::new(KEY_UNKNOWN, "this is no key of Prompt Pilot's, or it was mistyped")
    })?;
    let record = find(function, &key::hash(text), deadline, ledger).await?;
    let record = record.ok_or_else(|| Problem::new(KEY_UNKNOWN, "there is no such key here"))?;
    ledger.note_key(record.id);
    may_call(&record, &function.identity, SystemTime::now())?;
    Ok(Caller { key: Some(record.id), test: kind == KeyKind::Test })
}

/// The key as it came: `Authorization` goes before `x-api-key`.
fn given(incoming: &Incoming) -> Option<&str> {
    let bearer = incoming.header("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| incoming.header("x-api-key"))
}

async fn find(
    function: &Function,
    hash: &str,
    deadline: Instant,
    ledger: &mut Ledger,
) -> Result<Option<KeyRecord>, Problem> {
    if let Some(known) = function.known_keys.get(hash, SystemTime::now()) {
        return Ok(Some(known));
    }
    let Some(state) = &function.state else { return Ok(None) };
    // A key is as old as the question: what changes while the answer is under way counts as later.
    let asked = SystemTime::now();
    match state.key(hash, deadline).await {
        Ok(Some(record)) => {
            function.known_keys.put(hash, &record, asked);
            Ok(Some(record))
        }
        // Not remembered: it may be made any moment.
        Ok(None) => Ok(None),
        Err(error) => {
            log(Level::Error, &format!("could not look up a key: {error}"));
            ledger.note_state_failed("key");
            let problem = Problem::new(STATE_UNAVAILABLE, "the key could not be looked up");
            Err(Problem { retry_after: Some(RETRY_AFTER), ..problem })
        }
    }
}

fn may_call(record: &KeyRecord, identity: &Identity, now: SystemTime) -> Result<(), Problem> {
    if record.revoked {
        return Err(Problem::new(KEY_UNKNOWN, "the key was revoked"));
    }
    if record.expires.is_some_and(|end| end <= OffsetDateTime::from(now)) {
        return Err(Problem::new(KEY_UNKNOWN, "the key has expired"));
    }
    let endpoint = record.endpoints.as_ref().is_none_or(|all| all.contains(&identity.endpoint));
    let environments = record.environments.as_ref();
    if !endpoint {
        return Err(Problem::new(KEY_DENIED, "the key is for other endpoints"));
    }
    if environments.is_some_and(|all| !all.contains(&identity.environment)) {
        return Err(Problem::new(KEY_DENIED, "the key is for other environments"));
    }
    Ok(())
}

/// Keys that were looked up lately, by hash.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys(Mutex<HashMap<String, (KeyRecord, SystemTime)>>);

impl KnownKeys {
    fn get(&self, hash: &str, now: SystemTime) -> Option<KeyRecord> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (record, asked) = known.get(hash)?;
        is_fresh(*asked, now).then(|| record.clone())
    }

    fn put(&self, hash: &str, record: &KeyRecord, asked: SystemTime) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KEYS {
            known.retain(|_, (_, other)| is_fresh(*other, asked));
        }
        if known.len() < MOST_KEYS {
            known.insert(hash.to_owned(), (record.clone(), asked));
        }
    }
}

/// A clock that was set back makes a memory look as if it came from the future; it is not used.
fn is_fresh(asked: SystemTime, now: SystemTime) -> bool {
    now.duration_since(asked).is_ok_and(|age| age < REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: Uuid = Uuid::from_u128(2);

    fn record() -> KeyRecord {
        KeyRecord {
            id: Uuid::from_u128(1),
            endpoints: None,
            environments: None,
            expires: None,
            revoked: false,
        }
    }

    #[test]
    fn a_key_is_forgotten_after_half_a_minute_of_wall_clock_also_by_a_frozen_process() {
        let keys = KnownKeys::default();
        let start = SystemTime::now();
        keys.put("k", &record(), start);
        let later = |seconds| keys.get("k", start + Duration::from_secs(seconds)).is_some();
        assert!(later(0) && later(29));
        assert!(!later(30) && !later(40) && !later(86_400));
        assert!(keys.get("k", start - Duration::from_secs(1)).is_none(), "the clock was set back");
        assert!(keys.get("other", start).is_none());
    }

    #[test]
    fn only_so_many_keys_are_remembered() {
        let keys = KnownKeys::default();
        let start = SystemTime::now();
        for number in 0..MOST_KEYS + 5 {
            keys.put(&number.to_string(), &record(), start);
        }
        assert!(keys.get("0", start).is_some() && keys.get("1003", start).is_none());
        let later = start + REMEMBERED;
        keys.put("new", &record(), later);
        assert!(keys.get("new", later).is_some());
    }

    #[test]
    fn revoked_expired_and_foreign_keys_are_told_apart() {
        let identity = Identity {
            organization: Uuid::nil(),
            environment: "production".to_owned(),
            endpoint: ENDPOINT,
            version: 1,
            deployment: Uuid::nil(),
        };
        let now = SystemTime::now();
        let told = |record: KeyRecord| match may_call(&record, &identity, now) {
            Ok(()) => (200, String::new()),
            Err(problem) => (problem.kind.status, problem.detail),
        };
        let ok = (200, String::new());
        assert_eq!(told(record()), ok);
        let only = |id| KeyRecord { endpoints: Some(vec![id]), ..record() };
        assert_eq!(told(only(ENDPOINT)), ok);
        assert_eq!(told(only(Uuid::max())), (403, "the key is for other endpoints".to_owned()));
        let within =
            |name: &str| KeyRecord { environments: Some(vec![name.to_owned()]), ..record() };
        assert_eq!(told(within("production")), ok);
        assert_eq!(told(within("staging")), (403, "the key is for other environments".to_owned()));
        let until = |end: SystemTime| KeyRecord { expires: Some(end.into()), ..record() };
        assert_eq!(told(until(now + REMEMBERED)), ok);
        assert_eq!(told(until(now)), (401, "the key has expired".to_owned()));
        let revoked = KeyRecord { revoked: true, ..only(Uuid::max()) };
        assert_eq!(told(revoked), (401, "the key was revoked".to_owned()));
    }
}
