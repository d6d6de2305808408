//! Who follows which organization, and that there is something new for them. One task a process looks
//! into the database for all of them; each then reads, under row-level security, as fast as its reader
//! takes it, and those that are at the same place read together. What waits for a slow one is a single
//! number.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{model::Position, store, stream::Page, together::Together};
use crate::{database::Database, people::Role};

/// How often it is looked without a wake-up. One may be missed, and nobody rings when the transaction
/// ends that kept others from being read.
const LOOK: Duration = Duration::from_secs(1);

/// Who follows which organization.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    followed: Mutex<HashMap<Uuid, watch::Sender<i64>>>,
    /// Counts down: before its first news an organization has a number that it never had.
    before: AtomicI64,
    /// What people are in their organizations.
    pub(super) roles: Together<(Asked, Uuid), Option<Role>>,
    /// What there is to read for those in a role, from a place on.
    pub(super) pages: Together<(Asked, Role, Position), Page>,
}

/// An organization, and the last news of it that was heard.
pub(super) type Asked = (Uuid, i64);

impl Tail {
    /// Changes whenever there is something new in an organization. To be asked for before the first
    /// look, so that nothing falls in between.
    pub(crate) fn follow(&self, organization: Uuid) -> watch::Receiver<i64> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let news = followed
            .entry(organization)
            .or_insert_with(|| watch::Sender::new(self.before.fetch_sub(1, Ordering::Relaxed) - 1));
        news.subscribe()
    }

    /// The organizations that somebody follows; the others are forgotten.
    fn followed(&self) -> Vec<Uuid> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.retain(|_, news| news.receiver_count() > 0);
        followed.keys().copied().collect()
    }

    fn tell(&self, organization: Uuid, end: i64) {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(news) = followed.get(&organization) {
            news.send_replace(end);
        }
    }
}

/// Tells those who follow, until `gone`.
pub(crate) async fn run(
    database: Database,
    wake: Arc<Notify>,
    tail: Arc<Tail>,
    gone: CancellationToken,
) {
    let watching = async {
        let mut seen = 0;
        loop {
            // Registered before looking, so that nothing that arrives in between is slept through.
            let rung = wake.notified();
            match look(&database, &tail, seen).await {
                Ok(end) => seen = end,
                Err(error) => tracing::debug!(%error, "could not look for events"),
            }
            tokio::time::timeout(LOOK, rung).await.ok();
        }
    };
    gone.run_until_cancelled(watching).await;
}

/// Looks once, and says how far.
async fn look(database: &Database, tail: &Tail, seen: i64) -> sqlx::Result<i64> {
    let followed = tail.followed();
    if followed.is_empty() {
        return Ok(seen);
    }
    let news = store::news(database.system(), &followed, seen).await?;
    for organization in news.organizations {
        tail.tell(organization, news.end);
    }
    Ok(news.end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_that_nobody_follows_is_forgotten() {
        let (tail, ours) = (Tail::default(), Uuid::now_v7());
        let (first, second) = (tail.follow(ours), tail.follow(ours));
        assert_eq!(tail.followed(), [ours]);
        drop(first);
        assert_eq!(tail.followed(), [ours]);
        let number = *second.borrow();
        drop(second);
        assert!(tail.followed().is_empty());
        // What was read before must not be taken for what there is now.
        assert_ne!(*tail.follow(ours).borrow(), number);
    }

    #[test]
    fn many_news_are_one_for_who_was_away() {
        let (tail, ours) = (Tail::default(), Uuid::now_v7());
        let mut news = tail.follow(ours);
        (1..1000).for_each(|end| tail.tell(ours, end));
        tail.tell(Uuid::now_v7(), 1000);
        assert!(news.has_changed().unwrap());
        assert_eq!(*news.borrow_and_update(), 999);
        assert!(!news.has_changed().unwrap());
    }
}
