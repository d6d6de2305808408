//! Money of budgets, handed out in blocks. Each window of each budget is an item, whose `taken` never
//! goes beyond the limit of whoever adds to it.

use std::time::Duration;

use futures::future::{self, join_all, try_join_all};
use promptpilot_spec::{
    state::{Block, BudgetAsk, Reserve, Reserved, Returned},
    units::Money,
};
use serde_json::json;

use super::{Item, Items, TableError, expires, item, millis, now, table::Written};

/// Where others take at the same time, what is left falls to a hundredth each time, if it does not
/// suffice: after so many times it is nothing.
const ROUNDS: usize = 16;

/// A budget's window.
struct Window<'a> {
    /// Where it was asked for.
    place: usize,
    ask: &'a BudgetAsk,
    limit: Money,
    key: String,
    begins: i64,
    ends: i64,
}

impl Items {
    /// A block of each budget, or of none. What is left is read first, of all at once; then all take
    /// at once, each under the condition that there is still enough. Where one of them has been
    /// emptied meanwhile, the others' blocks go back. Whoever dies in between leaves them spent until
    /// their windows are over, like any block.
    pub(super) async fn blocks(&self, ask: &Reserve) -> Result<Reserved, TableError> {
        let back = ask.returned.iter().map(|returned| self.give_back(returned));
        try_join_all(back).await?;
        let now = now();
        let moment = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let asks = ask.budgets.iter().enumerate();
        let windows = asks.filter_map(|(place, ask)| self.window(place, ask, moment));
        let windows: Vec<_> = windows.collect();
        let taken = windows.iter().map(|window| self.taken(window));
        let taken = try_join_all(taken).await?;
        let short = windows.iter().zip(&taken).position(|(it, taken)| it.block(*taken).is_none());
        if let Some(short) = short {
            return Ok(windows[short].spent(now));
        }
        let blocks = windows.iter().zip(taken).map(|(window, taken)| self.take(window, taken));
        let reserved = self.all_or_none(&windows, join_all(blocks).await, now).await?;
        let Reserved::Blocks(given) = reserved else { return Ok(reserved) };
        // What an organization may spend in all is not kept in a table.
        let mut blocks = vec![Block::unlimited(moment); ask.budgets.len()];
        for (window, block) in windows.iter().zip(given) {
            blocks[window.place] = block;
        }
        Ok(Reserved::Blocks(blocks))
    }

    async fn all_or_none(
        &self,
        windows: &[Window<'_>],
        blocks: Vec<Result<Option<Block>, TableError>>,
        now: Duration,
    ) -> Result<Reserved, TableError> {
        let short = blocks.iter().position(|block| matches!(block, Ok(None)));
        if blocks.iter().all(|block| matches!(block, Ok(Some(_)))) {
            let blocks = blocks.into_iter().filter_map(|block| block.ok().flatten());
            return Ok(Reserved::Blocks(blocks.collect()));
        }
        let taken = windows.iter().zip(&blocks).filter_map(|(window, block)| {
            let block = block.as_ref().ok()?.as_ref()?;
            let amount = i64::try_from(block.amount).ok()?;
            Some(Returned { bucket: window.ask.bucket.clone(), window: block.window, amount })
        });
        let taken: Vec<_> = taken.collect();
        let back = future::join_all(taken.iter().map(|returned| self.give_back(returned))).await;
        back.into_iter().collect::<Result<Vec<()>, _>>()?;
        let failed = blocks.into_iter().find_map(Result::err);
        match (failed, short) {
            (None, Some(short)) => Ok(windows[short].spent(now)),
            (failed, _) => Err(failed.unwrap_or(TableError::Unclear("no block".to_owned()))),
        }
    }

    fn window<'a>(&self, place: usize, ask: &'a BudgetAsk, moment: i64) -> Option<Window<'a>> {
        let limit = ask.limit?;
        let (begins, ends) = limit.per.window(moment);
        Some(Window { place, ask, limit, key: self.budget_key(&ask.bucket, begins), begins, ends })
    }

    fn budget_key(&self, bucket: &str, begins: i64) -> String {
        self.pk("BUDGET", &format!("{bucket}#{begins}"))
    }

    /// What was taken in a window, in micro-USD.
    async fn taken(&self, window: &Window<'_>) -> Result<u64, TableError> {
        let item = self.table.get(&window.key, true).await?;
        let taken = item.and_then(|item| item.number("taken")).unwrap_or_default();
        Ok(u64::try_from(taken).unwrap_or_default())
    }

    /// Takes a block where so much was taken; `None` where not enough is left.
    async fn take(&self, window: &Window<'_>, mut taken: u64) -> Result<Option<Block>, TableError> {
        for _ in 0..ROUNDS {
            let Some(amount) = window.block(taken) else { return Ok(None) };
            let body = window.write(amount);
            let found = match self.table.write("UpdateItem", &window.key, body).await? {
                Written::Yes(item) => {
                    let Window { begins, ends, .. } = *window;
                    let reaches_soft = self.reaches_soft(window, &item).await;
                    let (window, unlimited) = (begins, false);
                    return Ok(Some(Block { window, ends, amount, reaches_soft, unlimited }));
                }
                Written::No(item) => item.and_then(|item| item.number("taken")),
            };
            taken = u64::try_from(found.unwrap_or_default()).unwrap_or_default();
        }
        Err(TableError::Unclear("a budget changed again and again".to_owned()))
    }

    /// Whether a window has come to its soft limit and nobody was told. Where that cannot be found out,
    /// whoever takes the next block may tell.
    async fn reaches_soft(&self, window: &Window<'_>, item: &Item) -> bool {
        let taken = item.number("taken").unwrap_or_default();
        let reached = window.ask.soft.is_some_and(|soft| i128::from(taken) >= i128::from(soft));
        if !reached || item.number("told").is_some() {
            return false;
        }
        let body = json!({
            "Key": { "pk": item::text(&window.key) },
            "UpdateExpression": "SET told = :once",
            "ConditionExpression": "attribute_not_exists(told)",
            "ExpressionAttributeValues": { ":once": item::number(1) },
        });
        let told = self.table.write("UpdateItem", &window.key, body).await;
        matches!(told, Ok(Written::Yes(_)))
    }

    /// Puts money back that nobody spent, or takes what was spent beyond a block. A window that is
    /// over and forgotten stays so.
    async fn give_back(&self, returned: &Returned) -> Result<(), TableError> {
        let key = self.budget_key(&returned.bucket, returned.window);
        let body = json!({
            "Key": { "pk": item::text(&key) },
            "UpdateExpression": "SET taken = taken - :amount",
            "ConditionExpression": "taken >= :amount",
            "ExpressionAttributeValues": { ":amount": item::number(returned.amount) },
        });
        self.table.write("UpdateItem", &key, body).await.map(|_| ())
    }
}

impl Window<'_> {
    /// How large a block is, where so much was taken.
    fn block(&self, taken: u64) -> Option<u64> {
        self.ask.block(self.limit.micro_usd.saturating_sub(taken))
    }

    /// The write that takes so much, if there still is so much.
    fn write(&self, amount: u64) -> serde_json::Value {
        let ends = Duration::from_secs(u64::try_from(self.ends).unwrap_or_default());
        json!({
            "Key": { "pk": item::text(&self.key) },
            "UpdateExpression":
                "SET taken = if_not_exists(taken, :nothing) + :amount, expires = :expires",
            "ConditionExpression": "attribute_not_exists(taken) OR taken <= :most",
            "ExpressionAttributeValues": {
                ":nothing": item::number(0),
                ":amount": item::number(amount),
                ":most": item::number(self.limit.micro_usd - amount),
                ":expires": item::number(expires(ends)),
            },
            "ReturnValues": "ALL_NEW",
        })
    }

    fn spent(&self, now: Duration) -> Reserved {
        let place = self.place;
        let ends = u64::try_from(self.ends).unwrap_or_default().saturating_mul(1000);
        Reserved::Spent { place, retry_after_ms: ends.saturating_sub(millis(now)) }
    }
}
