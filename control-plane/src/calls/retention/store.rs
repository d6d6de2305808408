//! All SQL on how long calls are kept.

use sqlx::{PgConnection, PgPool};

/// Calls that are swept at once.
pub(super) const PORTION: i64 = 5_000;

/// How many days an organization's calls are kept.
pub(super) async fn get(db: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar!("select calls_kept_days from organizations").fetch_one(db).await
}

/// Says how many days an organization's calls are kept.
pub(super) async fn set(db: &mut PgConnection, days: i32) -> sqlx::Result<()> {
    sqlx::query!("update organizations set calls_kept_days = $1 where calls_kept_days <> $1", days)
        .execute(db)
        .await?;
    Ok(())
}

/// Drops months that no organization keeps any more; how many.
pub(super) async fn drop_months(system: &PgPool) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select drop_calls_partitions() as "dropped!""#).fetch_one(system).await
}

/// Deletes calls that their organization keeps no longer, some of them; how many.
pub(super) async fn sweep(system: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"with old as (
                select c.organization_id, c.call_id
                  from organizations o
                 cross join lateral (
                        select organization_id, call_id from calls
                         where organization_id = o.id and call_id
                             < uuid_v7_floor(now() - make_interval(days => o.calls_kept_days))
                         order by call_id limit $1
                 ) c limit $1
           ),
           gone as (
                delete from calls c using old
                 where c.organization_id = old.organization_id and c.call_id = old.call_id
             returning 1
           )
           select count(*) as "count!" from gone"#,
        PORTION
    )
    .fetch_one(system)
    .await
}
