//! Budgets that are kept in two places: those of keys here, the organization's in the functions' table.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use promptpilot_runtime::state::{Budgets, StateError, StateStore};
use promptpilot_spec::state::{BudgetAsk, ORGANIZATION, Reserve, Reserved, Returned};

use super::funds::Within;

/// Two places.
#[derive(Debug)]
pub(super) struct Apart {
    pub(super) here: Within,
    pub(super) there: Arc<dyn StateStore>,
}

impl Budgets for Apart {
    fn reserve<'a>(&'a self, ask: &'a Reserve) -> BoxFuture<'a, Result<Reserved, StateError>> {
        self.all_or_none(ask).boxed()
    }
}

impl Apart {
    /// First what is here: of blocks that are lost in between, the records of calls tell.
    async fn all_or_none(&self, ask: &Reserve) -> Result<Reserved, StateError> {
        let (theirs, ours): (Vec<_>, Vec<_>) =
            ask.budgets.iter().enumerate().partition(|(_, it)| it.bucket == ORGANIZATION);
        let (theirs_back, ours_back): (Vec<_>, Vec<_>) =
            ask.returned.iter().cloned().partition(|it| it.bucket == ORGANIZATION);
        let taken = reserve(&self.here, &ours, ours_back).await?;
        let Reserved::Blocks(taken) = taken else { return Ok(taken) };
        let given = match reserve(&*self.there, &theirs, theirs_back).await {
            Ok(Reserved::Blocks(given)) => given,
            refused => {
                let back = ours.iter().zip(&taken).map(|((_, ask), block)| Returned {
                    bucket: ask.bucket.clone(),
                    window: block.window,
                    amount: i64::try_from(block.amount).unwrap_or(i64::MAX),
                });
                reserve(&self.here, &[], back.collect()).await?;
                return refused;
            }
        };
        let places = ours.iter().chain(&theirs).map(|(place, _)| *place);
        let mut blocks: Vec<_> = places.zip(taken.into_iter().chain(given)).collect();
        blocks.sort_by_key(|(place, _)| *place);
        Ok(Reserved::Blocks(blocks.into_iter().map(|(_, block)| block).collect()))
    }
}

/// Asks one of the two, if there is anything to ask it, for what has these places.
async fn reserve(
    budgets: &dyn Budgets,
    asks: &[(usize, &BudgetAsk)],
    returned: Vec<Returned>,
) -> Result<Reserved, StateError> {
    if asks.is_empty() && returned.is_empty() {
        return Ok(Reserved::Blocks(Vec::new()));
    }
    let wanted = asks.iter().map(|(_, ask)| (*ask).clone()).collect();
    Ok(match budgets.reserve(&Reserve { budgets: wanted, returned }).await? {
        Reserved::Spent { place, retry_after_ms } => {
            let place = asks.get(place).map_or(place, |(place, _)| *place);
            Reserved::Spent { place, retry_after_ms }
        }
        blocks @ Reserved::Blocks(_) => blocks,
    })
}
