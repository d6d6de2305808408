//! What was looked up a moment ago. A page asks for several things at once, and a program for one after the
//! other; who they are is looked up once a second.

use std::{
    fmt,
    future::Future,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use crate::{
    environments::RecentEnvironments,
    execution::{RecentKeys, RecentResolutions},
    people::RecentCallers,
};

/// How long what was looked up is taken for what is. What is changed by another server, by the worker or
/// by time alone holds after this time at the latest.
const FOR: Duration = Duration::from_secs(1);

/// Most that is remembered of one kind.
const MOST: u64 = 1_000;

/// How many changes there were. What was looked up before the last one is not looked at any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Notes that something changes, until what this returns is dropped: also when a caller goes away
    /// while it is changed.
    pub(crate) fn begin(&self) -> Changing {
        Changing(self.clone())
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// A change under way.
#[derive(Debug)]
pub(crate) struct Changing(Changes);

impl Drop for Changing {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Release);
    }
}

/// Values of one kind.
pub(crate) struct Recent<K, V> {
    changes: Changes,
    values: Cache<(u64, K), V>,
}

impl<K, V> Recent<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn new(changes: &Changes) -> Self {
        let values = Cache::builder().max_capacity(MOST).time_to_live(FOR).build();
        Self { changes: changes.clone(), values }
    }

    /// What was looked up for `key`, or else what `look_up` finds. That it fails is not remembered.
    pub(crate) async fn get<E>(
        &self,
        key: K,
        look_up: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        // Counted before it is looked up: what is changed meanwhile may not be in what is found.
        let key = (self.changes.count(), key);
        if let Some(value) = self.values.get(&key) {
            return Ok(value);
        }
        let found = look_up.await?;
        self.values.insert(key, found.clone());
        Ok(found)
    }
}

/// All kinds.
pub(crate) struct Lookups {
    pub(crate) changes: Changes,
    pub(crate) callers: RecentCallers,
    pub(crate) environments: RecentEnvironments,
    pub(crate) keys: RecentKeys,
    pub(crate) resolutions: RecentResolutions,
}

impl Default for Lookups {
    fn default() -> Self {
        let changes = Changes::default();
        Self {
            callers: Recent::new(&changes),
            environments: Recent::new(&changes),
            keys: Recent::new(&changes),
            resolutions: Recent::new(&changes),
            changes,
        }
    }
}

/// What was found is nobody's who reads a log.
impl fmt::Debug for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookups")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(recent: &Recent<u8, u8>, found: Result<u8, ()>) -> Result<u8, ()> {
        recent.get(1, async { found }).await
    }

    #[tokio::test]
    async fn what_was_found_is_found_again_until_something_changes() {
        let changes = Changes::default();
        let recent = Recent::new(&changes);
        assert_eq!(get(&recent, Err(())).await, Err(()));
        assert_eq!(get(&recent, Ok(1)).await, Ok(1));
        assert_eq!(get(&recent, Ok(2)).await, Ok(1));
        drop(changes.begin());
        assert_eq!(get(&recent, Ok(3)).await, Ok(3));
    }

    #[tokio::test]
    async fn what_was_looked_up_during_a_change_is_not_kept_beyond_it() {
        let changes = Changes::default();
        let recent = Recent::new(&changes);
        let stale = async {
            drop(changes.begin());
            Ok::<_, ()>(1)
        };
        assert_eq!(recent.get(1, stale).await, Ok(1));
        assert_eq!(get(&recent, Ok(2)).await, Ok(2));
    }
}
