//! Money of budgets, handed out in blocks that are on disk before anybody spends of them.

use axum::Json;
use promptpilot_spec::state::{BLOCK_LIFE, Block, BudgetAsk, Reserve, Reserved, Terms};
use sqlx::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

use super::{
    asker::Asker,
    store::{self, Wanted},
};
use crate::{
    budget,
    http::{Problem, body::Body},
};

pub(super) async fn reserve(
    asker: Asker,
    Body(ask): Body<Reserve>,
) -> Result<Json<Reserved>, Problem> {
    Ok(Json(give(asker.begin().await?, &ask).await?))
}

/// Takes back what is given back, and gives what is asked for.
pub(crate) async fn give(
    mut db: Transaction<'static, Postgres>,
    ask: &Reserve,
) -> Result<Reserved, Problem> {
    // Whoever touches two does it in the same order as all others.
    let mut back: Vec<_> = ask.returned.iter().collect();
    back.sort_by(|a, b| a.bucket.cmp(&b.bucket));
    for returned in back {
        store::give_back(&mut db, &returned.bucket, returned.window, returned.amount).await?;
    }
    let now = OffsetDateTime::now_utc();
    let reserved = blocks(&mut db, &ask.budgets, now).await?;
    match reserved {
        Reserved::Blocks(_) => db.commit().await?,
        // All give, or none does; what came back stays.
        Reserved::Spent { .. } if ask.returned.is_empty() => db.rollback().await?,
        Reserved::Spent { .. } => {
            return Err(Problem::bad_request(
                "body-invalid",
                "blocks are given back in a request of their own",
            ));
        }
    }
    Ok(reserved)
}

/// The terms that are asked for, or those that the organization has set, if it has.
async fn terms(db: &mut PgConnection, ask: &BudgetAsk) -> sqlx::Result<Option<Terms>> {
    match ask.terms() {
        Some(terms) => Ok(Some(terms)),
        None => Ok(budget::store::get(db).await?.map(|set| set.terms())),
    }
}

async fn blocks(
    db: &mut PgConnection,
    asks: &[BudgetAsk],
    now: OffsetDateTime,
) -> Result<Reserved, Problem> {
    let mut order: Vec<usize> = (0..asks.len()).collect();
    order.sort_by(|a, b| asks[*a].bucket.cmp(&asks[*b].bucket));
    let moment = now.unix_timestamp();
    let mut blocks = vec![Block::unlimited(moment); asks.len()];
    for place in order {
        let ask = &asks[place];
        let Some(terms) = terms(db, ask).await? else { continue };
        let (begins, ends) = terms.limit.per.window(moment);
        let block_ends = moment.saturating_add(BLOCK_LIFE);
        let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        let wanted = Wanted {
            bucket: &ask.bucket,
            begins,
            ends,
            limit: signed(terms.limit.micro_usd),
            most: signed(terms.most()),
            least: signed(ask.amount),
            soft: terms.soft.map_or(i64::MAX, signed),
        };
        let Some(given) = store::take_block(db, &wanted).await? else {
            let end = i128::from(ends) * 1000;
            let left = end - now.unix_timestamp_nanos() / 1_000_000;
            let retry_after_ms = u64::try_from(left).unwrap_or_default();
            return Ok(Reserved::Spent { place, retry_after_ms });
        };
        blocks[place] = Block {
            window: begins,
            ends: ends.min(block_ends),
            amount: given.amount.unsigned_abs(),
            reaches_soft: given.reaches_soft,
            unlimited: false,
        };
    }
    Ok(Reserved::Blocks(blocks))
}
