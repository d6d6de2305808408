//! What endpoints keep outside of their processes. A function names its store, so that what it does
//! not name is not linked into it.

mod http;

use std::{fmt::Debug, time::Duration};

use futures::future::BoxFuture;
use promptpilot_spec::state::{Admit, Admitted, Finish, KeyRecord, Reserve, Reserved};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use self::http::HTTP;
use crate::{
    log::{Level, log},
    secret::Secret,
};

/// The longest that a call waits for the store.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keeps what endpoints need kept.
pub trait StateStore: Debug + Sync {
    /// What is known of the key with this hash; `None` where it is unknown.
    fn key<'a>(
        &'a self,
        place: &'a Place,
        hash: &'a str,
    ) -> BoxFuture<'a, Result<Option<KeyRecord>, StateError>>;

    /// Whether a call may go on. It counts when it is asked.
    fn admit<'a>(
        &'a self,
        place: &'a Place,
        ask: &'a Admit,
    ) -> BoxFuture<'a, Result<Admitted, StateError>>;

    /// Keeps what an admitted call came to.
    fn finish<'a>(
        &'a self,
        place: &'a Place,
        finish: &'a Finish,
    ) -> BoxFuture<'a, Result<(), StateError>>;

    /// Takes blocks of budgets and gives some back.
    fn reserve<'a>(
        &'a self,
        place: &'a Place,
        ask: &'a Reserve,
    ) -> BoxFuture<'a, Result<Reserved, StateError>>;
}

/// Where the store is, and as whom a function asks.
#[derive(Debug, Clone)]
pub struct Place {
    /// What the environment says, such as `http://127.0.0.1:7435`.
    pub address: String,
    /// The deployment.
    pub deployment: Uuid,
    /// The deployment's own token.
    pub token: Secret,
}

/// Why the store did not say anything. For logs; callers are told that it cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StateError(pub String);

/// A store and its place.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) store: &'static dyn StateStore,
    pub(crate) place: Place,
}

impl State {
    /// What is known of a key. It is asked for once more where no answer came.
    pub(crate) async fn key(
        &self,
        hash: &str,
        deadline: Instant,
    ) -> Result<Option<KeyRecord>, StateError> {
        let ask = || self.in_time(deadline, self.store.key(&self.place, hash));
        match ask().await {
            Err(error) => {
                log(Level::Warn, &format!("the state store failed, asking again: {error}"));
                ask().await
            }
            answer => answer,
        }
    }

    /// Whether a call may go on. Never asked twice: the first question may have counted.
    pub(crate) async fn admit(
        &self,
        ask: &Admit,
        deadline: Instant,
    ) -> Result<Admitted, StateError> {
        self.in_time(deadline, self.store.admit(&self.place, ask)).await
    }

    /// Keeps what an admitted call came to.
    pub(crate) async fn finish(
        &self,
        finish: &Finish,
        deadline: Instant,
    ) -> Result<(), StateError> {
        self.in_time(deadline, self.store.finish(&self.place, finish)).await
    }

    /// Takes blocks of budgets and gives some back. Never asked twice, like [`Self::admit`].
    pub(crate) async fn reserve(
        &self,
        ask: &Reserve,
        deadline: Instant,
    ) -> Result<Reserved, StateError> {
        self.in_time(deadline, self.store.reserve(&self.place, ask)).await
    }

    async fn in_time<T>(
        &self,
        deadline: Instant,
        ask: BoxFuture<'_, Result<T, StateError>>,
    ) -> Result<T, StateError> {
        let latest = deadline.min(Instant::now() + PATIENCE);
        timeout_at(latest, ask)
            .await
            .unwrap_or_else(|_| Err(StateError(format!("no answer within {PATIENCE:?}"))))
    }
}
