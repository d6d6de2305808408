//! Money of budgets, handed out in blocks that are on disk before anybody spends of them.

use axum::Json;
use promptpilot_spec::state::{BLOCK_LIFE, Block, BudgetAsk, Reserve, Reserved};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    asker::Asker,
    store::{self, Window},
};
use crate::http::{Problem, body::Body};

pub(super) async fn reserve(
    asker: Asker,
    Body(ask): Body<Reserve>,
) -> Result<Json<Reserved>, Problem> {
    let mut db = asker.begin().await?;
    for returned in &ask.returned {
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
    Ok(Json(reserved))
}

async fn blocks(
    db: &mut PgConnection,
    asks: &[BudgetAsk],
    now: OffsetDateTime,
) -> Result<Reserved, Problem> {
    // Whoever takes two takes them in the same order as all others.
    let mut order: Vec<usize> = (0..asks.len()).collect();
    order.sort_by(|a, b| asks[*a].bucket.cmp(&asks[*b].bucket));
    let mut blocks = vec![Block { window: 0, ends: 0, amount: 0, reaches_soft: false }; asks.len()];
    for place in order {
        let ask = &asks[place];
        let (begins, ends) = ask.limit.per.window(now.unix_timestamp());
        let block_ends = now.unix_timestamp().saturating_add(BLOCK_LIFE);
        let window = Window { bucket: &ask.bucket, begins, ends };
        let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        let (limit, least) = (signed(ask.limit.micro_usd), signed(ask.amount));
        let soft = ask.soft.map_or(i64::MAX, signed);
        let Some(given) = store::take_block(db, &window, limit, least, soft).await? else {
            let end = i128::from(ends) * 1000;
            let left = end - now.unix_timestamp_nanos() / 1_000_000;
            let retry_after_ms = u64::try_from(left).unwrap_or_default();
            return Ok(Reserved::Spent { place, retry_after_ms });
        };
        let (amount, reaches_soft) = (given.amount.unsigned_abs(), given.reaches_soft);
        blocks[place] = Block { window: begins, ends: ends.min(block_ends), amount, reaches_soft };
    }
    Ok(Reserved::Blocks(blocks))
}
