//! Money that this process may spend: blocks of the endpoint's budgets, taken from the state store
//! now and then, out of which attempts are paid without asking anybody.
//!
//! An attempt reserves the most that it can cost and is settled at what it did cost. What is left of a
//! block that nobody has used for a moment goes back, and so does what is left when most of its time is
//! over. A block of a process that died, or was frozen for too long, stays spent until its window is
//! over or the records of calls tell otherwise, so that budgets hold whatever happens.

mod pockets;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use promptpilot_spec::{
    state::{Block, ORGANIZATION, Reserve, Reserved, Returned},
    units::Money,
};
use tokio::time::Instant;

use self::pockets::Pockets;
use crate::{
    log::{Level, log},
    state::{self, Budgets, StateError},
};

/// So long nobody uses a block before it goes back.
const IDLE: Duration = Duration::from_secs(2);

/// How often an attempt asks the store, where others of its process take what came.
const ROUNDS: usize = 8;

/// One of the budgets that a call counts towards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Its name in the state store.
    pub(crate) bucket: String,
    /// `None` where the store alone knows it.
    pub(crate) limit: Option<Money>,
    /// When so much is taken, it is told; in micro-USD.
    pub(crate) soft: Option<u64>,
    /// The record's word for it.
    pub(crate) name: &'static str,
}

impl Allowance {
    /// What the whole organization may spend, if its people have set that.
    pub(crate) fn organization() -> Self {
        Self { bucket: ORGANIZATION.to_owned(), limit: None, soft: None, name: "organization" }
    }

    /// Whose money it is, and how much, in words.
    pub(crate) fn told(&self) -> String {
        let whose = match self.name {
            "per_key" => "the key's",
            "per_user" => "the user's",
            "organization" => "the organization's",
            _ => "the endpoint's",
        };
        self.limit.map_or_else(|| format!("{whose} budget"), |limit| format!("{whose} {limit}"))
    }
}

/// Money set aside for one attempt, in each of its budgets.
#[derive(Debug)]
pub(crate) struct Reservation {
    /// In micro-USD.
    pub(crate) amount: u64,
    /// Budgets that came to their soft share when money was taken for it.
    pub(crate) reached: Vec<&'static str>,
    /// Buckets, and the windows that it was taken in.
    parts: Vec<(String, i64)>,
}

impl Reservation {
    /// Whether none of its budgets has a limit, so that nothing had to be set aside.
    pub(crate) fn is_nothing(&self) -> bool {
        self.parts.is_empty()
    }
}

/// Why there is no money.
#[derive(Debug)]
pub(crate) enum NoMoney {
    /// The allowance at this place is spent, until its next window begins.
    Spent { place: usize, retry_after: Duration },
    /// Nobody could be asked.
    Unreachable(StateError),
}

/// The blocks of one process.
#[derive(Debug, Clone)]
pub(crate) struct Purse {
    pockets: Arc<Mutex<Pockets>>,
    budgets: Arc<dyn Budgets>,
    returns: Arc<AtomicBool>,
    /// Whether the store has named a limit where it alone knows it, when it was asked last.
    limited: Arc<AtomicBool>,
}

impl Purse {
    pub(crate) fn new(budgets: Arc<dyn Budgets>) -> Self {
        let (pockets, returns, limited) = (Arc::default(), Arc::default(), Arc::default());
        Self { pockets, budgets, returns, limited }
    }

    /// Whether it holds nothing that could go back.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.pockets).are_empty()
    }

    /// Sets money aside in all of these budgets, or in none.
    pub(crate) async fn reserve(
        &self,
        allowances: &[Allowance],
        amount: u64,
        deadline: Instant,
    ) -> Result<Reservation, NoMoney> {
        let mut reached = Vec::new();
        for _ in 0..ROUNDS {
            let lacking = match lock(&self.pockets).take(allowances, amount, unix_now()) {
                Ok(reservation) => return Ok(Reservation { reached, ..reservation }),
                Err(lacking) => lacking,
            };
            let (places, budgets): (Vec<_>, Vec<_>) = lacking.into_iter().unzip();
            let ask = Reserve { budgets, returned: Vec::new() };
            match self.ask(&ask, deadline).await.map_err(NoMoney::Unreachable)? {
                Reserved::Spent { place, retry_after_ms } => {
                    let place = places.get(place).copied().unwrap_or_default();
                    let retry_after = Duration::from_millis(retry_after_ms);
                    return Err(NoMoney::Spent { place, retry_after });
                }
                Reserved::Blocks(blocks) => {
                    if blocks.iter().any(|block| !block.unlimited) {
                        self.return_what_is_idle();
                    }
                    let reaching = places.iter().zip(&blocks).filter(|(_, it)| it.reaches_soft);
                    reached
                        .extend(reaching.filter_map(|(place, _)| allowances.get(*place)).map(tell));
                    let mut pockets = lock(&self.pockets);
                    for (ask, block) in ask.budgets.into_iter().zip(blocks) {
                        pockets.put(ask.bucket, block, unix_now());
                    }
                    // Still under the lock: nobody else has taken it.
                    if let Ok(reservation) = pockets.take(allowances, amount, unix_now()) {
                        return Ok(Reservation { reached, ..reservation });
                    }
                }
            }
        }
        let why = "the blocks of its budgets were over before they could be used";
        Err(NoMoney::Unreachable(StateError(why.to_owned())))
    }

    /// Takes blocks. Where nobody can be asked, and what is asked for is nothing but what nobody has set
    /// a limit to as far as is known, that stays so for a while: who sets no budget does without a store.
    async fn ask(&self, ask: &Reserve, deadline: Instant) -> Result<Reserved, StateError> {
        let is_any_known = ask.budgets.iter().any(|budget| budget.limit.is_some());
        let answer = match state::reserve(&*self.budgets, ask, deadline).await {
            Err(error) if !is_any_known && !self.limited.load(Ordering::Relaxed) => {
                log(Level::Warn, &format!("a budget could not be asked for: {error}"));
                let block = Block::unlimited(unix_now());
                return Ok(Reserved::Blocks(vec![block; ask.budgets.len()]));
            }
            answer => answer?,
        };
        let unknown = ask.budgets.iter().position(|budget| budget.limit.is_none());
        if let Some(unknown) = unknown {
            match &answer {
                Reserved::Blocks(blocks) => {
                    let is_limited = blocks.get(unknown).is_some_and(|block| !block.unlimited);
                    self.limited.store(is_limited, Ordering::Relaxed);
                }
                Reserved::Spent { place, .. } if *place == unknown => {
                    self.limited.store(true, Ordering::Relaxed);
                }
                Reserved::Spent { .. } => {}
            }
        }
        Ok(answer)
    }

    /// Settles an attempt at what it cost, in micro-USD.
    pub(crate) fn settle(&self, reservation: &Reservation, cost: u64) {
        lock(&self.pockets).settle(reservation, cost);
    }

    /// From the first block on, gives back what lies idle.
    fn return_what_is_idle(&self) {
        if self.returns.swap(true, Ordering::Relaxed) {
            return;
        }
        let (pockets, budgets) = (Arc::downgrade(&self.pockets), Arc::clone(&self.budgets));
        tokio::spawn(async move {
            while let Some(returned) = idle(&pockets) {
                if !returned.is_empty() {
                    give_back(&*budgets, returned).await;
                }
                tokio::time::sleep(IDLE / 2).await;
            }
        });
    }
}

/// Says that a budget has come to its soft share; which one it is.
fn tell(allowance: &Allowance) -> &'static str {
    let Allowance { limit, soft, name, .. } = allowance;
    let text = match (limit, soft) {
        (Some(limit), Some(soft)) => {
            let soft = Money { micro_usd: *soft, per: limit.per };
            format!("the budget `{name}` of {limit} has come to {soft}")
        }
        _ => format!("the budget `{name}` has come to the share that is told"),
    };
    log(Level::Warn, &text);
    name
}

/// What nobody has used for a while; `None` once the purse is gone.
fn idle(pockets: &Weak<Mutex<Pockets>>) -> Option<Vec<Returned>> {
    let pockets = pockets.upgrade()?;
    let before = Instant::now().checked_sub(IDLE)?;
    Some(lock(&pockets).take_idle(before, unix_now()))
}

/// Once and never again: a second time might give back what the first did.
async fn give_back(budgets: &dyn Budgets, returned: Vec<Returned>) {
    let ask = Reserve { budgets: Vec::new(), returned };
    if let Err(error) = state::reserve(budgets, &ask, Instant::now() + IDLE).await {
        log(Level::Warn, &format!("a block of a budget could not be given back: {error}"));
    }
}

fn lock(pockets: &Mutex<Pockets>) -> MutexGuard<'_, Pockets> {
    pockets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
