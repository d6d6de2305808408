//! Money of budgets, handed out in blocks. Each window of each budget is an item, whose `taken` never
//! goes beyond the limit of whoever adds to it. What an organization may spend is an item, too, which the
//! control plane writes.

use std::time::Duration;

use futures::future::{self, join_all, try_join_all};
use promptpilot_spec::state::{Block, BudgetAsk, Reserve, Reserved, Returned};
use serde_json::json;

use super::{
    Item, Items, TableError, item, limits, now, spending,
    table::Written,
    window::{self, Window},
};

/// Where others take at the same time, what is left falls to a hundredth each time, if it does not
/// suffice: after so many times it is nothing.
const ROUNDS: usize = 16;

impl Items {
    /// A block of each budget, or of none. What is left is read first, of all at once; then all take
    /// at once, each under the condition that there is still enough. Where one of them has been
    /// emptied meanwhile, the others' blocks go back. Whoever dies in between leaves them spent, like any
    /// block.
    pub(super) async fn blocks(&self, ask: &Reserve) -> Result<Reserved, TableError> {
        let back = ask.returned.iter().map(|returned| self.give_back(returned));
        try_join_all(back).await?;
        let now = now();
        let moment = seconds(now);
        let windows = ask.budgets.iter().enumerate().map(|it| self.window(it, moment));
        let windows: Vec<_> = try_join_all(windows).await?.into_iter().flatten().collect();
        let taken = windows.iter().map(|window| self.taken(window));
        let taken = try_join_all(taken).await?;
        let short = windows.iter().zip(&taken).position(|(it, taken)| it.amount(*taken).is_none());
        if let Some(short) = short {
            return Ok(windows[short].spent(now));
        }
        let blocks = windows.iter().zip(taken).map(|(window, taken)| self.take(window, taken));
        let reserved = self.all_or_none(&windows, join_all(blocks).await, now).await?;
        let Reserved::Blocks(given) = reserved else { return Ok(reserved) };
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
        let taken = windows.iter().zip(&blocks);
        let taken = taken.filter_map(|(window, it)| window.returned(it.as_ref().ok()?.as_ref()?));
        let taken: Vec<_> = taken.collect();
        let back = future::join_all(taken.iter().map(|returned| self.give_back(returned))).await;
        back.into_iter().collect::<Result<Vec<()>, _>>()?;
        let failed = blocks.into_iter().find_map(Result::err);
        match (failed, short) {
            (None, Some(short)) => Ok(windows[short].spent(now)),
            (failed, _) => Err(failed.unwrap_or(TableError::Unclear("no block".to_owned()))),
        }
    }

    /// The window of a budget that it is now; `None` where nobody has set a limit.
    async fn window<'a>(
        &self,
        (place, ask): (usize, &'a BudgetAsk),
        moment: i64,
    ) -> Result<Option<Window<'a>>, TableError> {
        let terms = match ask.terms() {
            Some(terms) => Some(terms),
            None => limits::get(&self.table, &self.pk("LIMIT", &ask.bucket)).await?,
        };
        Ok(terms.map(|terms| Window::new(self.organization, (place, ask), terms, moment)))
    }

    /// What was taken in a window, in micro-USD.
    async fn taken(&self, window: &Window<'_>) -> Result<u64, TableError> {
        let item = self.table.get(&window.key, true).await?;
        Ok(item.as_ref().map(spending::taken).unwrap_or_default())
    }

    /// Takes a block where so much was taken; `None` where not enough is left.
    async fn take(&self, window: &Window<'_>, mut taken: u64) -> Result<Option<Block>, TableError> {
        for _ in 0..ROUNDS {
            let Some(amount) = window.amount(taken) else { return Ok(None) };
            let body = window.take(amount);
            match self.table.write("UpdateItem", &window.key, body).await? {
                Written::Yes(item) => {
                    let reaches_soft = self.reaches_soft(window, &item).await;
                    return Ok(Some(window.block(amount, reaches_soft)));
                }
                Written::No(item) => {
                    taken = item.as_ref().map(spending::taken).unwrap_or_default();
                }
            }
        }
        Err(TableError::Unclear("a budget changed again and again".to_owned()))
    }

    /// Whether a window has come to its soft limit and nobody was told. Where that cannot be found out,
    /// whoever takes the next block may tell.
    async fn reaches_soft(&self, window: &Window<'_>, item: &Item) -> bool {
        let taken = spending::taken(item);
        let reached = window.terms.soft.is_some_and(|soft| taken >= soft);
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

    async fn give_back(&self, returned: &Returned) -> Result<(), TableError> {
        let key = window::key(self.organization, &returned.bucket, returned.window);
        let body = window::give_back(&key, returned, seconds(now()));
        self.table.write("UpdateItem", &key, body).await.map(|_| ())
    }
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
