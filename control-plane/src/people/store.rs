//! All SQL on users and organizations.

use sqlx::PgPool;

use crate::plane::LocalOwner;

/// The address of the one person of an installation for one. It receives no mail.
const LOCAL_EMAIL: &str = "owner@localhost";

/// Makes the local owner where they are missing; the database makes the organization with them.
pub(crate) async fn ensure_local_owner(system: &PgPool) -> sqlx::Result<LocalOwner> {
    sqlx::query!(
        "insert into users (email, name) values ($1, 'Local owner') on conflict do nothing",
        LOCAL_EMAIL
    )
    .execute(system)
    .await?;
    sqlx::query_as!(
        LocalOwner,
        "select memberships.organization_id as organization, users.id as user
           from users join memberships on memberships.user_id = users.id
          where users.email = $1 and memberships.role = 'owner'
          order by memberships.created_at
          limit 1",
        LOCAL_EMAIL
    )
    .fetch_one(system)
    .await
}
