//! What is left of the blocks that a process holds, and what of it goes back.

use std::collections::{HashMap, hash_map::Entry};

use promptpilot_spec::state::{Block, BudgetAsk, Returned};
use tokio::time::Instant;

use super::{Allowance, Reservation};

/// A block of each budget, by its bucket.
#[derive(Debug, Default)]
pub(super) struct Pockets(HashMap<String, Pocket>);

#[derive(Debug)]
struct Pocket {
    window: i64,
    /// No limit is set: nothing is set aside in it, and nothing goes back.
    unlimited: bool,
    /// When its youngest block was given, and when that ends.
    given: i64,
    ends: i64,
    /// In micro-USD; below zero where attempts cost more than anybody could know.
    left: i64,
    /// Attempts that have money of it set aside.
    busy: u32,
    used: Instant,
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
    pub(super) fn take(
        &mut self,
        allowances: &[Allowance],
        amount: u64,
        now: i64,
    ) -> Result<Reservation, Vec<(usize, BudgetAsk)>> {
        self.0.retain(|_, pocket| pocket.is_good(now));
        let signed = i64::try_from(amount).unwrap_or(i64::MAX);
        let lacking = allowances.iter().enumerate().filter_map(|(place, it)| {
            let pocket = self.0.get(&it.bucket);
            if pocket.is_some_and(|pocket| pocket.unlimited) {
                return None;
            }
            let left = pocket.map_or(0, |pocket| pocket.left);
            let debt = left.min(0).unsigned_abs();
            let (bucket, limit, soft) = (it.bucket.clone(), it.limit, it.soft);
            let ask = BudgetAsk { bucket, limit, amount: amount.saturating_add(debt), soft };
            (left < signed || pocket.is_none()).then_some((place, ask))
        });
        let lacking: Vec<_> = lacking.collect();
        if !lacking.is_empty() {
            return Err(lacking);
        }
        let mut parts = Vec::with_capacity(allowances.len());
        for allowance in allowances {
            let pocket = self.0.get_mut(&allowance.bucket);
            if let Some(pocket) = pocket.filter(|pocket| !pocket.unlimited) {
                pocket.left -= signed;
                pocket.busy += 1;
                pocket.used = Instant::now();
                parts.push((allowance.bucket.clone(), pocket.window));
            }
        }
        Ok(Reservation { amount, reached: Vec::new(), parts })
    }

    /// Adds a block to what is left of the one before, if both are of one window.
    pub(super) fn put(&mut self, bucket: String, block: Block, now: i64) {
        let Block { window, ends, amount, unlimited, .. } = block;
        let is_same = |it: &Pocket| it.window == window && it.unlimited == unlimited;
        let pocket = match self.0.entry(bucket) {
            Entry::Occupied(same) if is_same(same.get()) => same.into_mut(),
            other => {
                let (given, used) = (now, Instant::now());
                let new = Pocket { window, unlimited, given, ends, left: 0, busy: 0, used };
                other.insert_entry(new).into_mut()
            }
        };
        (pocket.given, pocket.ends) = (now, pocket.ends.max(ends));
        pocket.left = pocket.left.saturating_add(i64::try_from(amount).unwrap_or(i64::MAX));
    }

    /// What is settled after its window has nothing to go back to.
    pub(super) fn settle(&mut self, reservation: &Reservation, cost: u64) {
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
    pub(super) fn take_idle(&mut self, before: Instant, now: i64) -> Vec<Returned> {
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
        self.0.retain(|_, pocket| {
            pocket.unlimited || pocket.busy > 0 || pocket.left != 0 || pocket.used > before
        });
        returned
    }

    /// Whether there is nothing in them that could go back.
    pub(super) fn are_empty(&self) -> bool {
        self.0.values().all(|pocket| pocket.busy == 0 && pocket.left == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::IDLE, *};

    fn block(ends: i64, amount: u64) -> Block {
        Block { window: 0, ends, amount, reaches_soft: false, unlimited: false }
    }

    fn allowance() -> [Allowance; 1] {
        let limit = Some("1 USD/day".parse().expect("money"));
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
    fn where_no_limit_is_set_any_amount_is_there_until_it_is_time_to_ask_again() {
        let mut pockets = Pockets::default();
        let block = Block::unlimited(10);
        pockets.put("b".to_owned(), block, 10);
        let busy = pockets.take(&allowance(), u64::MAX, 11).expect("money");
        assert!(pockets.are_empty() && busy.is_nothing());
        assert_eq!(returned(&mut pockets, Instant::now() + IDLE, 11), None);
        assert!(pockets.take(&allowance(), 1, block.ends - 1).is_ok());
        assert!(pockets.take(&allowance(), 1, block.ends).is_err());
        // A limit has been set meanwhile: what was begun before does not count.
        let limited = Block { window: 7, ends: 900, amount: 5, unlimited: false, ..block };
        pockets.put("b".to_owned(), limited, 11);
        pockets.settle(&busy, 3);
        assert!(!pockets.are_empty());
        assert_eq!(returned(&mut pockets, Instant::now() + IDLE, 11), Some(5));
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
