//! How long calls are kept: each organization says it, and the server sweeps what is older. Months that
//! nobody keeps any more go as a whole, and those to come are made in time.

pub(crate) mod routes;
mod store;

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::store::ensure_partition;

/// Makes the partitions of this month and the next one, and sweeps what is kept no longer; how many
/// calls, and how many months.
pub(crate) async fn apply(system: &PgPool) -> sqlx::Result<(i64, i32)> {
    let now = OffsetDateTime::now_utc();
    // In 31 days it is another month, and never the one after.
    for day in [now, now.replace_day(1).unwrap_or(now) + Duration::days(31)] {
        ensure_partition(system, day.year(), day.month().into()).await?;
    }
    let months = store::drop_months(system).await?;
    let mut calls = 0;
    loop {
        let portion = store::sweep(system).await?;
        calls += portion;
        if portion < store::PORTION {
            return Ok((calls, months));
        }
    }
}
