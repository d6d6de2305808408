//! Money that this process may spend: blocks of the endpoint's budgets, taken from the state store
//! now and then, out of which attempts are paid without asking anybody.
//!
//! An attempt reserves the most that it can cost and is settled at what it did cost. What is left of a
//! block that nobody has used for a moment goes back, and so does what is left when most of its time is
//! over. A block of a process that died, or was frozen for too long, stays spent until its window is
//! over or the records of calls tell otherwise, so that budgets hold whatever happens.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use promptpilot_spec::{
    state::{Block, BudgetAsk, Reserve, Reserved, Returned},
    units::Money,
};
use tokio::time::Instant;

use crate::{
    log::{Level, log},
    state::{State, StateError},
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
    pub(crate) limit: Money,
    /// When so much is taken, it is told; in micro-USD.
    pub(crate) soft: Option<u64>,
    /// The definition's word for it.
    pub(crate) name: &'static str,
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
    state: State,
    returns: Arc<AtomicBool>,
}

/// A block of each budget, by its bucket.
#[derive(Debug, Default)]
struct Pockets(HashMap<String, Pocket>);

#[derive(Debug)]
struct Pocket {
    window: i64,
    /// When its youngest block was given, and when that ends.
    given: i64,
    ends: i64,
    /// In micro-USD; below zero where attempts cost more than anybody could know.
    left: i64,
    /// Attempts that have money of it set aside.
    busy: u32,
    used: Instant,
}

impl Purse {
    pub(crate) fn new(state: State) -> Self {
        Self { pockets: Arc::default(), state, returns: Arc::default() }
    }

    /// Sets money aside in all of these budgets, or in none.
    pub(crate) async fn reserve(
        &self,
        allowances: &[Allowance],
        amount: u64,
        deadline: Instant,
    ) -> Result<Reservation, NoMoney> {
        self.return_what_is_idle();
        let mut reached = Vec::new();
        for _ in 0..ROUNDS {
            let lacking = match lock(&self.pockets).take(allowances, amount, unix_now()) {
                Ok(reservation) => return Ok(Reservation { reached, ..reservation }),
                Err(lacking) => lacking,
            };
            let (places, budgets): (Vec<_>, Vec<_>) = lacking.into_iter().unzip();
            let ask = Reserve { budgets, returned: Vec::new() };
            let answer = self.state.reserve(&ask, deadline).await;
            match answer.map_err(NoMoney::Unreachable)? {
                Reserved::Spent { place, retry_after_ms } => {
                    let place = places.get(place).copied().unwrap_or_default();
                    let retry_after = Duration::from_millis(retry_after_ms);
                    return Err(NoMoney::Spent { place, retry_after });
                }
                Reserved::Blocks(blocks) => {
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

    /// Settles an attempt at what it cost, in micro-USD.
    pub(crate) fn settle(&self, reservation: &Reservation, cost: u64) {
        lock(&self.pockets).settle(reservation, cost);
    }

    /// From the first reservation on, gives back what lies idle.
    fn return_what_is_idle(&self) {
        if self.returns.swap(true, Ordering::Relaxed) {
            return;
        }
        let (pockets, state) = (Arc::downgrade(&self.pockets), self.state.clone());
        tokio::spawn(async move {
            while let Some(returned) = idle(&pockets) {
                if !returned.is_empty() {
                    give_back(&state, returned).await;
                }
                tokio::time::sleep(IDLE / 2).await;
            }
        });
    }
}

/// Says that a budget has come to its soft share; which one it is.
fn tell(allowance: &Allowance) -> &'static str {
    let Allowance { limit, soft, name, .. } = allowance;
    let soft = Money { micro_usd: soft.unwrap_or_default(), per: limit.per };
    log(Level::Warn, &format!("the budget `{name}` of {limit} has come to {soft}"));
    name
}

/// What nobody has used for a while; `None` once the purse is gone.
fn idle(pockets: &Weak<Mutex<Pockets>>) -> Option<Vec<Returned>> {
    let pockets = pockets.upgrade()?;
    let before = Instant::now().checked_sub(IDLE)?;
    Some(lock(&pockets).take_idle(before, unix_now()))
}

/// Once and never again: a second time might give back what the first did.
async fn give_back(state: &State, returned: Vec<Returned>) {
    let ask = Reserve { budgets: Vec::new(), returned };
    if let Err(error) = state.reserve(&ask, Instant::now() + IDLE).await {
        log(Level::Warn, &format!("a block of a budget could not be given back: {error}"));
    }
}

impl Pocket {
    /// Whoever sets the clock back finds the block's window in the future.
    fn is_good(&self, now: i64) -> bool {
        (self.window..self.ends).contains(&now)
    }

    fn is_nearly_over(&self, now: i64) -> bool {
        now - self.given > (self.ends - self.given) / 4 * 3
    }
}

impl Pockets {
    /// Sets an amount aside in each, or says what is to be asked for and for which of them.
    fn take(
        &mut self,
        allowances: &[Allowance],
        amount: u64,
        now: i64,
    ) -> Result<Reservation, Vec<(usize, BudgetAsk)>> {
        self.0.retain(|_, pocket| pocket.is_good(now));
        let signed = i64::try_from(amount).unwrap_or(i64::MAX);
        let lacking = allowances.iter().enumerate().filter_map(|(place, it)| {
            let left = self.0.get(&it.bucket).map_or(0, |pocket| pocket.left);
            let debt = left.min(0).unsigned_abs();
            let (bucket, limit, soft) = (it.bucket.clone(), it.limit, it.soft);
            let ask = BudgetAsk { bucket, limit, amount: amount.saturating_add(debt), soft };
            (left < signed || !self.0.contains_key(&it.bucket)).then_some((place, ask))
        });
        let lacking: Vec<_> = lacking.collect();
        if !lacking.is_empty() {
            return Err(lacking);
        }
        let mut parts = Vec::with_capacity(allowances.len());
        for allowance in allowances {
            if let Some(pocket) = self.0.get_mut(&allowance.bucket) {
                pocket.left -= signed;
                pocket.busy += 1;
                pocket.used = Instant::now();
                parts.push((allowance.bucket.clone(), pocket.window));
            }
        }
        Ok(Reservation { amount, reached: Vec::new(), parts })
    }

    /// Adds a block to what is left of the one before, if both are of one window.
    fn put(&mut self, bucket: String, block: Block, now: i64) {
        let Block { window, ends, amount, .. } = block;
        let pocket = match self.0.entry(bucket) {
            Entry::Occupied(same) if same.get().window == window => same.into_mut(),
            other => {
                let (given, used) = (now, Instant::now());
                let new = Pocket { window, given, ends, left: 0, busy: 0, used };
                other.insert_entry(new).into_mut()
            }
        };
        (pocket.given, pocket.ends) = (now, pocket.ends.max(ends));
        pocket.left = pocket.left.saturating_add(i64::try_from(amount).unwrap_or(i64::MAX));
    }

    /// What is settled after its window has nothing to go back to.
    fn settle(&mut self, reservation: &Reservation, cost: u64) {
        let signed = |amount| i64::try_from(amount).unwrap_or(i64::MAX);
        let back = signed(reservation.amount).saturating_sub(signed(cost));
        for (bucket, window) in &reservation.parts {
            let Some(pocket) = self.0.get_mut(bucket).filter(|it| it.window == *window) else {
                continue;
            };
            pocket.left = pocket.left.saturating_add(back);
            pocket.busy = pocket.busy.saturating_sub(1);
            pocket.used = Instant::now();
        }
    }

    /// Empties the pockets that nobody has used since, and those whose time is nearly over. What is
    /// over counts as spent already.
    fn take_idle(&mut self, before: Instant, now: i64) -> Vec<Returned> {
        self.0.retain(|_, pocket| pocket.is_good(now));
        let mut returned = Vec::new();
        for (bucket, pocket) in &mut self.0 {
            let is_idle = pocket.busy == 0 && pocket.used <= before;
            if (is_idle && pocket.left != 0) || (pocket.left > 0 && pocket.is_nearly_over(now)) {
                let (bucket, window) = (bucket.clone(), pocket.window);
                let amount = std::mem::take(&mut pocket.left);
                returned.push(Returned { bucket, window, amount });
            }
        }
        self.0.retain(|_, pocket| pocket.busy > 0 || pocket.left != 0 || pocket.used > before);
        returned
    }
}

fn lock(pockets: &Mutex<Pockets>) -> MutexGuard<'_, Pockets> {
    pockets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ends: i64, amount: u64) -> Block {
        Block { window: 0, ends, amount, reaches_soft: false }
    }

    fn allowance() -> [Allowance; 1] {
        let limit = "1 USD/day".parse().expect("money");
        [Allowance { bucket: "b".to_owned(), limit, soft: None, name: "endpoint" }]
    }

    fn returned(pockets: &mut Pockets, before: Instant, now: i64) -> Option<i64> {
        pockets.take_idle(before, now).pop().map(|it| it.amount)
    }

    #[test]
    fn a_block_goes_back_before_it_ends_and_never_after() {
        let past = Instant::now().checked_sub(IDLE).expect("a machine that is up");
        let mut pockets = Pockets::default();
        pockets.put("b".to_owned(), block(900, 100), 0);
        assert_eq!(returned(&mut pockets, past, 675), None);
        let busy = pockets.take(&allowance(), 60, 675).expect("money");
        assert_eq!(returned(&mut pockets, past, 676), Some(40));
        // What the attempt does not need is there for the next one.
        pockets.settle(&busy, 10);
        pockets.put("b".to_owned(), block(1576, 20), 676);
        assert!(pockets.take(&allowance(), 70, 900).is_ok());

        let mut frozen = Pockets::default();
        frozen.put("b".to_owned(), block(900, 100), 0);
        assert_eq!(returned(&mut frozen, Instant::now() + IDLE, 900), None);
        assert!(frozen.take(&allowance(), 1, 900).is_err());
    }

    #[test]
    fn what_nobody_uses_goes_back_whole() {
        let mut pockets = Pockets::default();
        pockets.put("b".to_owned(), block(900, 100), 0);
        let busy = pockets.take(&allowance(), 60, 1).expect("money");
        let later = Instant::now() + IDLE;
        assert_eq!(returned(&mut pockets, later, 1), None);
        pockets.settle(&busy, 30);
        assert_eq!(returned(&mut pockets, Instant::now() + IDLE, 1), Some(70));
        assert!(pockets.0.is_empty());
    }
}
