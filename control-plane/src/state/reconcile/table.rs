//! The same of what organizations may spend, where functions take that from a table of DynamoDB's.

use promptpilot_spec::{
    state::{BLOCK_LIFE, ORGANIZATION},
    units::Money,
};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    AT_ONCE, LATE, spent,
    store::{Quiet, Whose},
    total,
};
use crate::{
    budget,
    state::mirror::{Mirror, MirrorError},
};

/// Looks at all organizations that have a budget; how many have less taken from it now.
pub(crate) async fn budgets(mirror: &Mirror, system: &PgPool) -> Result<usize, MirrorError> {
    let (mut after, mut lowered) = (Uuid::nil(), 0);
    loop {
        let page = budget::store::spenders(system, after, AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(lowered) };
        after = last.organization;
        for spender in page {
            if let Some(budget) = spender.budget {
                let less = compare(mirror, system, spender.organization, budget.limit).await?;
                lowered += usize::from(less);
            }
        }
    }
}

/// Whether less is taken now of the window that it is.
async fn compare(
    mirror: &Mirror,
    system: &PgPool,
    organization: Uuid,
    limit: Money,
) -> Result<bool, MirrorError> {
    let now = OffsetDateTime::now_utc();
    let moment = now.unix_timestamp();
    let (begins, ends) = limit.per.window(moment);
    let Some(seen) = mirror.spending(organization, begins).await? else { return Ok(false) };
    let is_quiet = seen.given < moment - BLOCK_LIFE - LATE;
    if !is_quiet || seen.compared == Some(seen.given) {
        return Ok(false);
    }
    let window = Quiet {
        organization,
        bucket: ORGANIZATION.to_owned(),
        begins,
        ends,
        taken: i64::try_from(seen.taken).unwrap_or(i64::MAX),
        given_at: OffsetDateTime::from_unix_timestamp(seen.given).unwrap_or(now),
    };
    let Some(spent) = spent(system, &window, Whose::Organization).await? else { return Ok(false) };
    let spent = total(system, organization, &spent).await?.map(i64::unsigned_abs);
    let is_done = mirror.compare(&seen, spent).await?;
    tracing::debug!(%organization, seen.taken, spent, is_done, "reconciled a budget in the table");
    Ok(is_done && spent.is_some_and(|spent| spent < seen.taken))
}
