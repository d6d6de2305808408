//! What endpoints keep outside of their processes. A function names the kinds of stores that it may
//! be told of, so that a function which keeps nothing is linked with none.

pub mod dynamodb;
mod http;

use std::{fmt::Debug, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use promptpilot_spec::state::{Address, Admit, Admitted, Finish, KeyRecord, Reserve, Reserved};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use self::{dynamodb::DYNAMODB, http::HTTP};
use crate::{
    log::{Level, log},
    secret::Secret,
    transport::AwsKeys,
};

/// The longest that a call waits for the store.
const PATIENCE: Duration = Duration::from_secs(2);

/// A kind of state store.
pub trait StateKind: Debug + Sync {
    /// The store at a place; `None` where that is of another kind.
    fn open(&self, place: &Place) -> Option<Arc<dyn StateStore>>;
}

/// Hands out money.
pub trait Budgets: Debug + Send + Sync {
    /// Takes blocks of budgets and gives some back.
    fn reserve<'a>(&'a self, ask: &'a Reserve) -> BoxFuture<'a, Result<Reserved, StateError>>;
}

/// Keeps what endpoints need kept, for the functions of one organization. Whatever is asked at once,
/// and by however many, is decided as if one had asked after the other.
pub trait StateStore: Budgets {
    /// What is known of the key with this hash; `None` where it is unknown.
    fn key<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, Result<Option<KeyRecord>, StateError>>;

    /// Whether a call may go on. It counts when it is asked.
    fn admit<'a>(&'a self, ask: &'a Admit) -> BoxFuture<'a, Result<Admitted, StateError>>;

    /// Keeps what an admitted call came to.
    fn finish<'a>(&'a self, finish: &'a Finish) -> BoxFuture<'a, Result<(), StateError>>;
}

/// Where the store is, and as whom a function asks.
#[derive(Debug, Clone)]
pub struct Place {
    /// What the environment says.
    pub address: Address,
    /// The organization, as the deployer wrote it into the function's environment. A state service does
    /// not believe it and asks by the deployment; at a table, it is what the function's role is held to.
    pub organization: Uuid,
    /// The deployment.
    pub deployment: Uuid,
    /// The deployment's own token.
    pub token: Secret,
    /// What requests to AWS are signed by.
    pub aws: AwsKeys,
}

/// Why the store did not say anything. For logs; callers are told that it cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StateError(pub String);

/// A store, with the bounds that a call puts to it.
#[derive(Debug, Clone)]
pub(crate) struct State(Arc<dyn StateStore>);

impl State {
    /// The store at a place, where a kind of these is there; `None` where none of them is.
    pub(crate) fn open(kinds: &[&dyn StateKind], place: &Place) -> Option<Self> {
        kinds.iter().find_map(|kind| kind.open(place)).map(Self)
    }

    /// What is known of a key. It is asked for once more where no answer came.
    pub(crate) async fn key(
        &self,
        hash: &str,
        deadline: Instant,
    ) -> Result<Option<KeyRecord>, StateError> {
        let ask = || in_time(deadline, self.0.key(hash));
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
        in_time(deadline, self.0.admit(ask)).await
    }

    /// Keeps what an admitted call came to.
    pub(crate) async fn finish(
        &self,
        finish: &Finish,
        deadline: Instant,
    ) -> Result<(), StateError> {
        in_time(deadline, self.0.finish(finish)).await
    }

    /// What hands out its money.
    pub(crate) fn budgets(&self) -> Arc<dyn Budgets> {
        Arc::clone(&self.0) as Arc<dyn Budgets>
    }
}

/// Takes blocks of budgets and gives some back. Never asked twice, like [`State::admit`].
pub(crate) async fn reserve(
    budgets: &dyn Budgets,
    ask: &Reserve,
    deadline: Instant,
) -> Result<Reserved, StateError> {
    in_time(deadline, budgets.reserve(ask)).await
}

async fn in_time<T>(
    deadline: Instant,
    ask: BoxFuture<'_, Result<T, StateError>>,
) -> Result<T, StateError> {
    let latest = deadline.min(Instant::now() + PATIENCE);
    timeout_at(latest, ask)
        .await
        .unwrap_or_else(|_| Err(StateError(format!("no answer within {PATIENCE:?}"))))
}
