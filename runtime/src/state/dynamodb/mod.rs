//! A table of DynamoDB's as the state store. Its layout is in `docs/state.md`.
//!
//! Every write is one conditional write of one item, so that it holds however many write at once. A
//! transaction would do several in one request, but costs twice as much, fails where two of them meet
//! at one item (a bucket that all callers share, say), and does not tell what it found.
//!
//! DynamoDB has no clock that a condition could read; times are this machine's, as the platform sets
//! it. Items past their time are deleted by DynamoDB some day (`expires`), and are left alone from the
//! moment that it is over.

mod budget;
mod item;
pub mod keys;
pub mod limits;
mod memory;
mod rate;
mod repeat;
pub mod spending;
mod table;
mod window;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::{
    FutureExt,
    future::{self, BoxFuture},
};
use promptpilot_spec::state::{
    Address, Admit, Admitted, Finish, KeyRecord, RateLeft, Reserve, Reserved, Verdict,
};
use uuid::Uuid;

pub use self::table::{MOST_AT_ONCE, Table, TableError};
use self::{item::Item, rate::Buckets};
use super::{Budgets, Place, StateError, StateKind, StateStore};

/// Tables of DynamoDB's.
pub static DYNAMODB: DynamoDb = DynamoDb;

/// Opens tables.
#[derive(Debug)]
pub struct DynamoDb;

/// How much longer than it is good an item is kept at the least.
const KEPT_LONGER: Duration = Duration::from_secs(3600);

impl StateKind for DynamoDb {
    fn open(&self, place: &Place) -> Option<Arc<dyn StateStore>> {
        let Address::DynamoDb(address) = &place.address else { return None };
        Some(open(Table::new(address, place.aws.clone()), place.organization))
    }
}

/// What an organization has in a table.
pub fn open(table: Table, organization: Uuid) -> Arc<dyn StateStore> {
    Arc::new(Items { table, organization, buckets: Buckets::default() })
}

/// An organization's items in a table.
#[derive(Debug)]
struct Items {
    table: Table,
    organization: Uuid,
    buckets: Buckets,
}

/// The key of an item. It begins with the organization, which a role can be held to
/// (`dynamodb:LeadingKeys`).
fn pk(organization: Uuid, kind: &str, name: &str) -> String {
    format!("ORG#{organization}#{kind}#{name}")
}

impl Items {
    fn pk(&self, kind: &str, name: &str) -> String {
        pk(self.organization, kind, name)
    }

    /// The rate and the remembered answer are asked for at once. Whether the call is a repeat is asked
    /// once it has a place in its bucket, since a call without one must not hold its key: calls that
    /// may be repeated take two round trips, all others one.
    async fn let_in(&self, ask: &Admit) -> Result<Admitted, TableError> {
        let rate = async {
            match &ask.rate {
                Some(rate) => self.take_rate(rate).await.map(Some),
                None => Ok(None),
            }
        };
        let remembered = async {
            match &ask.cache {
                Some(key) => self.remembered(key).await,
                None => Ok(None),
            }
        };
        let (rate, remembered) = future::try_join(rate, remembered).await?;
        let verdict = remembered.map_or(Verdict::Go, Verdict::Hit);
        let verdict = match (&ask.repeat, rate) {
            (_, Some(RateLeft { allowed: false, .. })) => Verdict::Go,
            (Some(repeat), _) => self.first_call(repeat).await?.unwrap_or(verdict),
            (None, _) => verdict,
        };
        Ok(Admitted { rate, verdict })
    }

    async fn keep(&self, finish: &Finish) -> Result<(), TableError> {
        let answer = finish.answer.as_deref().filter(|answer| item::fits(answer));
        let repeat = async {
            match (&finish.repeat, answer) {
                (Some(key), Some(answer)) => self.keep_repeat(key, answer).await,
                (Some(key), None) => self.forget_repeat(key).await,
                (None, _) => Ok(()),
            }
        };
        let memory = async {
            match (&finish.cache, answer) {
                (Some((key, ttl_ms)), Some(answer)) => self.remember(key, answer, *ttl_ms).await,
                _ => Ok(()),
            }
        };
        future::try_join(repeat, memory).await.map(|_| ())
    }
}

impl StateStore for Items {
    fn key<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, Result<Option<KeyRecord>, StateError>> {
        keys::get(&self.table, self.organization, hash).map(told).boxed()
    }

    fn admit<'a>(&'a self, ask: &'a Admit) -> BoxFuture<'a, Result<Admitted, StateError>> {
        self.let_in(ask).map(told).boxed()
    }

    fn finish<'a>(&'a self, finish: &'a Finish) -> BoxFuture<'a, Result<(), StateError>> {
        self.keep(finish).map(told).boxed()
    }
}

impl Budgets for Items {
    fn reserve<'a>(&'a self, ask: &'a Reserve) -> BoxFuture<'a, Result<Reserved, StateError>> {
        self.blocks(ask).map(told).boxed()
    }
}

fn told<T>(outcome: Result<T, TableError>) -> Result<T, StateError> {
    outcome.map_err(|error| StateError(error.to_string()))
}

/// Now, since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// So many milliseconds from now, since 1970: bounded, so that it is a date.
fn in_millis(amount: u64) -> Duration {
    const MOST: u64 = 1000 * 86_400 * 366;
    now().saturating_add(Duration::from_millis(amount.min(MOST)))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `expires` of what is good until then: in seconds since 1970, as DynamoDB reads it.
fn expires(good_until: Duration) -> u64 {
    good_until.saturating_add(KEPT_LONGER).as_secs()
}
