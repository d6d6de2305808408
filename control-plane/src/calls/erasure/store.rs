//! All SQL on forgetting. The connection carries the organization.

use sqlx::PgConnection;

/// Forgets calls of a user, some of them; how many.
pub(super) async fn erase(db: &mut PgConnection, user: &str, portion: i32) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select erase_calls($1, $2) as "erased!""#, user, portion)
        .fetch_one(db)
        .await
}
