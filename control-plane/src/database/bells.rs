//! Who is woken by the database's announcements.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Database;

/// What changes are announced on.
const CHANNEL: &str = "promptpilot";

/// How long to wait before listening is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Who is woken when something may have changed, and looks for itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bells {
    /// There may be work in the queue, or a word for whoever is at work.
    pub(crate) work: Arc<Notify>,
    /// There may be something to tell.
    pub(crate) news: Arc<Notify>,
}

impl Bells {
    /// Rings both: what becomes of work is news.
    pub(crate) fn ring(&self) {
        self.work.notify_waiters();
        self.news.notify_waiters();
    }
}

/// Rings at each announcement, on one connection of its own. An announcement that is missed costs
/// time and nothing else: whoever waits looks now and then anyway.
pub(crate) async fn listen(database: Database, bells: Bells, gone: CancellationToken) {
    let listening = async {
        loop {
            if let Err(error) = relay(&database, &bells).await {
                tracing::debug!(%error, "not listening to the database's announcements");
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::select! {
        () = listening => {}
        () = gone.cancelled() => {}
    }
}

async fn relay(database: &Database, bells: &Bells) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(&database.listener).await?;
    listener.listen(CHANNEL).await?;
    // Something may have happened before.
    bells.ring();
    loop {
        // What has no word of its own is nothing but news.
        match listener.recv().await?.payload() {
            "" => bells.news.notify_waiters(),
            _ => bells.ring(),
        }
    }
}
