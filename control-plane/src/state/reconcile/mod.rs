//! Blocks of budgets that never came back: of processes that were killed with them.
//!
//! Such a block counts as spent. Once a window of a budget has given none for so long that all of its
//! blocks have ended, and so have the calls that were paid from them, the records of its calls say what
//! was spent, and the rest is there again. A window that goes on giving blocks waits for that; where
//! lost blocks have used it up it gives none, and so comes to it. It never gives more than it has:
//! whatever is in doubt counts as spent.

mod store;

use promptpilot_codegen::{Bound, Facts, examine_json};
use promptpilot_spec::state::BLOCK_LIFE;
use sqlx::PgPool;
use uuid::Uuid;

use self::store::{Spent, Whose};

/// How long the longest call lasts, in seconds.
const LONGEST_CALL: i64 = 900;

/// How much later, in seconds, the record of a call has come, or the call has been given up.
const LATE: i64 = 2400;

/// So many windows are looked at in one go.
const AT_ONCE: i64 = 100;

/// Looks at windows that have become quiet; how many have less taken from them now.
pub(crate) async fn budgets(system: &PgPool) -> sqlx::Result<usize> {
    let mut lowered = 0;
    for window in store::quiet_windows(system, BLOCK_LIFE + LATE, AT_ONCE).await? {
        let Some(whose) = whose(&window.bucket) else {
            // Nothing that functions of ours ask for.
            store::reconcile(system, &window, None).await?;
            continue;
        };
        if store::is_at_work(system, window.organization, whose.endpoint).await? {
            continue;
        }
        let since = window.begins - LONGEST_CALL;
        let spent = store::spent(system, &window, whose, since).await?;
        let spent = total(system, window.organization, whose.endpoint, &spent).await?;
        let less = spent.is_some_and(|spent| spent < window.taken);
        lowered += usize::from(store::reconcile(system, &window, spent).await? && less);
        tracing::debug!(bucket = window.bucket, taken = window.taken, spent, "reconciled a budget");
    }
    Ok(lowered)
}

/// Whose calls a bucket counts, from its name: endpoint, environment, and who has it for themselves.
fn whose(bucket: &str) -> Option<Whose<'_>> {
    let mut parts = bucket.split('/');
    let endpoint = parts.next()?.parse().ok()?;
    let environment = parts.next()?;
    let (own, period) = (parts.next()?, parts.next());
    let all = Whose { endpoint, environment, key: None, user: None };
    match (own.split_once(':'), period) {
        (None, None) => Some(all),
        (Some(("key", key)), Some(_)) => Some(Whose { key: Some(key.parse().ok()?), ..all }),
        (Some(("user", user)), Some(_)) => Some(Whose { user: Some(user), ..all }),
        _ => None,
    }
}

/// All that was spent, in micro-USD; a call of which nobody knows the cost counts for the most that a
/// call of its version can cost. `None` where that has no bound.
async fn total(
    system: &PgPool,
    organization: Uuid,
    endpoint: Uuid,
    spent: &[Spent],
) -> sqlx::Result<Option<i64>> {
    let mut total: i64 = 0;
    for Spent { version, known, unknown } in spent {
        total = total.saturating_add(*known);
        if *unknown == 0 {
            continue;
        }
        let definition = store::definition(system, organization, endpoint, *version).await?;
        let plan = definition.and_then(|it| examine_json(&it, &Facts::default()).plan);
        let Some(Bound::AtMost(most)) = plan.map(|plan| plan.ceiling.micro_usd) else {
            return Ok(None);
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX).saturating_mul(*unknown);
        total = total.saturating_add(most);
    }
    Ok(Some(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buckets_name_says_whose_calls_it_counts() {
        let endpoint = Uuid::from_u128(1);
        let name = |rest: &str| format!("{endpoint}/production/{rest}");
        let all = Whose { endpoint, environment: "production", key: None, user: None };
        assert_eq!(whose(&name("day")), Some(all));
        let (key, user) = (name(&format!("key:{}/day", Uuid::nil())), name("user:00ff/month"));
        assert_eq!(whose(&key), Some(Whose { key: Some(Uuid::nil()), ..all }));
        assert_eq!(whose(&user), Some(Whose { user: Some("00ff"), ..all }));
        for other in ["", "k", "a/b/c", &name("key:none/day"), &name("address:::/day")] {
            assert_eq!(whose(other), None, "{other}");
        }
    }
}
