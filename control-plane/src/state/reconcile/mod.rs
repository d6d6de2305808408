//! Blocks of budgets that never came back: of processes that were killed with them.
//!
//! Such a block counts as spent. Once a window of a budget has given none for so long that all of its
//! blocks have ended, and so have the calls that were paid from them, the records of its calls say what
//! was spent, and the rest is there again. A window that goes on giving blocks waits for that; where
//! lost blocks have used it up it gives none, and so comes to it. It never gives more than it has:
//! whatever is in doubt counts as spent.

mod store;
pub(crate) mod table;

use promptpilot_codegen::{Bound, Facts, examine_json};
use promptpilot_spec::state::{BLOCK_LIFE, ORGANIZATION};
use sqlx::PgPool;
use uuid::Uuid;

use self::store::{Callers, Quiet, Spent, Whose};

/// How long the longest call lasts, in seconds.
const LONGEST_CALL: i64 = 900;

/// How much later, in seconds, the record of a call has come, or the call has been given up.
const LATE: i64 = 2400;

/// What buckets of keys are called that have prompts executed, before the key's id and the period.
pub(crate) const PROMPTS: &str = "prompts/key:";

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
        let Some(spent) = spent(system, &window, whose).await? else { continue };
        let spent = total(system, window.organization, &spent).await?;
        let less = spent.is_some_and(|spent| spent < window.taken);
        lowered += usize::from(store::reconcile(system, &window, spent).await? && less);
        tracing::debug!(bucket = window.bucket, taken = window.taken, spent, "reconciled a budget");
    }
    Ok(lowered)
}

/// What the records say of a window; `None` while calls are at work that count towards it.
async fn spent(
    system: &PgPool,
    window: &Quiet,
    whose: Whose<'_>,
) -> sqlx::Result<Option<Vec<Spent>>> {
    let since = window.begins - LONGEST_CALL;
    let endpoint = match whose {
        // So long after its last block, no run of a prompt is at work.
        Whose::PromptsOf(key) => {
            return store::spent_by_all(system, window, Some(key), since).await.map(Some);
        }
        Whose::Endpoint(callers) => Some(callers.endpoint),
        Whose::Organization => None,
    };
    if store::is_at_work(system, window.organization, endpoint).await? {
        return Ok(None);
    }
    let spent = match whose {
        Whose::Endpoint(callers) => store::spent_by_callers(system, window, callers, since).await?,
        _ => store::spent_by_all(system, window, None, since).await?,
    };
    Ok(Some(spent))
}

/// Whose calls a bucket counts, from its name: an endpoint's, of an environment, and who has it for
/// themselves; or a key's, or the organization's.
fn whose(bucket: &str) -> Option<Whose<'_>> {
    if bucket == ORGANIZATION {
        return Some(Whose::Organization);
    }
    if let Some(own) = bucket.strip_prefix(PROMPTS) {
        return Some(Whose::PromptsOf(own.split_once('/')?.0.parse().ok()?));
    }
    let mut parts = bucket.split('/');
    let endpoint = parts.next()?.parse().ok()?;
    let environment = parts.next()?;
    let (own, period) = (parts.next()?, parts.next());
    let all = Callers { endpoint, environment, key: None, user: None };
    let some = match (own.split_once(':'), period) {
        (None, None) => all,
        (Some(("key", key)), Some(_)) => Callers { key: Some(key.parse().ok()?), ..all },
        (Some(("user", user)), Some(_)) => Callers { user: Some(user), ..all },
        _ => return None,
    };
    Some(Whose::Endpoint(some))
}

/// All that was spent, in micro-USD; a call of which nobody knows the cost counts for the most that a
/// call of its version can cost. `None` where that has no bound.
async fn total(system: &PgPool, organization: Uuid, spent: &[Spent]) -> sqlx::Result<Option<i64>> {
    let mut total: i64 = 0;
    for Spent { endpoint, version, known, unknown } in spent {
        total = total.saturating_add(*known);
        if *unknown == 0 {
            continue;
        }
        let (Some(endpoint), Some(version)) = (*endpoint, *version) else { return Ok(None) };
        let definition = store::definition(system, organization, endpoint, version).await?;
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
        let all = Callers { endpoint, environment: "production", key: None, user: None };
        assert_eq!(whose(&name("day")), Some(Whose::Endpoint(all)));
        let (key, user) = (name(&format!("key:{}/day", Uuid::nil())), name("user:00ff/month"));
        let by_key = Callers { key: Some(Uuid::nil()), ..all };
        assert_eq!(whose(&key), Some(Whose::Endpoint(by_key)));
        let by_user = Callers { user: Some("00ff"), ..all };
        assert_eq!(whose(&user), Some(Whose::Endpoint(by_user)));
        assert_eq!(whose("organization"), Some(Whose::Organization));
        let prompts = format!("prompts/key:{}/day", Uuid::nil());
        assert_eq!(whose(&prompts), Some(Whose::PromptsOf(Uuid::nil())));
        let others = ["", "k", "a/b/c", "prompts/key:none/day", "organization/day"];
        let strange = [name("key:none/day"), name("address:::/day")];
        for other in others.into_iter().chain(strange.iter().map(String::as_str)) {
            assert_eq!(whose(other), None, "{other}");
        }
    }
}
