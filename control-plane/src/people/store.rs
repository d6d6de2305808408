//! All SQL on people, their passwords and their sessions. What belongs to one person is reached
//! in a transaction of theirs; look-ups before that give ids and what they are allowed by.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Role,
    model::{Membership, Session},
};
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

/// Somebody by what they came with: a session or an access token.
#[derive(Debug)]
pub(super) struct Known {
    /// The session's or the token's.
    pub(super) id: Uuid,
    pub(super) user: Uuid,
    /// What they are in the organization that was named, or else in the token's, or else in all.
    pub(super) memberships: Vec<Membership>,
}

/// Whose session it is.
pub(super) async fn session_of(
    db: &mut PgConnection,
    hash: &str,
    named: Option<&str>,
) -> sqlx::Result<Option<Known>> {
    let rows = sqlx::query!(
        r#"select s.session_id as "id!", s.user_id as "user!", m.organization_id as "organization?",
                  m.slug as "slug?", m.name as "name?", m.role as "role?"
             from session_of($1) s
             left join lateral memberships_of(s.user_id, $2) m on true"#,
        hash,
        named
    )
    .fetch_all(db)
    .await?;
    let Some((id, user)) = rows.first().map(|row| (row.id, row.user)) else { return Ok(None) };
    let rows = rows.into_iter();
    let memberships = rows.filter_map(|it| member(it.organization, it.slug, it.name, it.role));
    Ok(Some(Known { id, user, memberships: memberships.collect() }))
}

/// Whose token it is, and for which organization.
pub(super) async fn token_of(
    db: &mut PgConnection,
    hash: &str,
    named: Option<&str>,
) -> sqlx::Result<Option<(Known, Uuid)>> {
    let row = sqlx::query!(
        r#"select t.token_id as "id!", t.user_id as "user!", t.organization_id as "of!",
                  m.organization_id as "organization?", m.slug as "slug?", m.name as "name?",
                  m.role as "role?"
             from token_of($1) t
             left join lateral memberships_of(t.user_id, coalesce($2, t.organization_id::text)) m
               on true"#,
        hash,
        named
    )
    .fetch_optional(db)
    .await?;
    let Some(it) = row else { return Ok(None) };
    let membership = member(it.organization, it.slug, it.name, it.role);
    let memberships = membership.into_iter().collect();
    Ok(Some((Known { id: it.id, user: it.user, memberships }, it.of)))
}

/// A membership, where there is one.
fn member(
    id: Option<Uuid>,
    slug: Option<String>,
    name: Option<String>,
    role: Option<String>,
) -> Option<Membership> {
    Some(Membership { id: id?, slug: slug?, name: name?, role: Role::from_word(&role?) })
}

/// The person of an address.
pub(super) async fn user_of(db: &mut PgConnection, email: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select user_of($1)", email).fetch_one(db).await
}

/// What a person is in all of their organizations, or in the one of a slug or an id.
pub(super) async fn memberships_of(
    db: &mut PgConnection,
    user: Uuid,
    named: Option<&str>,
) -> sqlx::Result<Vec<Membership>> {
    let rows = sqlx::query!(
        r#"select organization_id as "id!", slug as "slug!", name as "name!", role as "role!"
             from memberships_of($1, $2)"#,
        user,
        named
    )
    .fetch_all(db)
    .await?;
    let membership = rows.into_iter().map(|row| Membership {
        id: row.id,
        slug: row.slug,
        name: row.name,
        role: Role::from_word(&row.role),
    });
    Ok(membership.collect())
}

/// Makes a person, in a transaction of theirs; the database makes an organization with them.
pub(super) async fn add_user(
    db: &mut PgConnection,
    id: Uuid,
    email: &str,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!("insert into users (id, email, name) values ($1, $2, $3)", id, email, name)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets the person's password.
pub(super) async fn set_password(
    db: &mut PgConnection,
    user: Uuid,
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into passwords (user_id, hash) values ($1, $2)
         on conflict (user_id) do update set hash = excluded.hash, changed_at = now()",
        user,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The hash of the person's password.
pub(super) async fn password(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select hash from passwords where user_id = $1", user)
        .fetch_optional(db)
        .await
}

/// A session to begin.
#[derive(Debug)]
pub(super) struct NewSession<'a> {
    pub(super) user: Uuid,
    pub(super) hash: &'a str,
    pub(super) address: Option<String>,
    pub(super) agent: Option<&'a str>,
    pub(super) expires: OffsetDateTime,
}

/// Begins a session, and forgets those of the person that are over.
pub(super) async fn add_session(db: &mut PgConnection, new: NewSession<'_>) -> sqlx::Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "with over as (delete from sessions where user_id = $2 and expires_at < now())
         insert into sessions (id, user_id, hash, address, agent, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        id,
        new.user,
        new.hash,
        new.address,
        new.agent,
        new.expires
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Ends the session of a cookie, whoever's it is.
pub(super) async fn end_session(db: &mut PgConnection, hash: &str) -> sqlx::Result<()> {
    sqlx::query!("select end_session($1)", hash).execute(db).await?;
    Ok(())
}

/// The person's sessions, newest first.
pub(super) async fn sessions(
    db: &mut PgConnection,
    current: Option<Uuid>,
) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as!(
        Session,
        r#"select id, id is not distinct from $1 as "current!", address, agent,
                  created_at as created, seen_at as seen, expires_at as expires
             from sessions
            where expires_at > now() and seen_at > now() - interval '7 days'
            order by id desc limit 500"#,
        current
    )
    .fetch_all(db)
    .await
}

/// Ends a session of the person's; whether it was there.
pub(super) async fn remove_session(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from sessions where id = $1", id).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of the person's sessions.
pub(super) async fn remove_sessions(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where user_id = app_user()").execute(db).await?;
    Ok(())
}

/// Ends the person's account, with all that is theirs alone.
pub(super) async fn remove_user(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from users where id = $1", user).execute(db).await?;
    Ok(())
}

/// How somebody is called.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) email: String,
    pub(crate) name: String,
}

/// The person's names.
pub(crate) async fn names(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Names> {
    sqlx::query_as!(Names, "select email, name from users where id = $1", user).fetch_one(db).await
}

/// The person's names, and what they are in all of their organizations, or in the one that is named.
pub(super) async fn about(
    db: &mut PgConnection,
    user: Uuid,
    named: Option<&str>,
) -> sqlx::Result<(Names, Vec<Membership>)> {
    let rows = sqlx::query!(
        r#"select u.email, u.name as called, m.organization_id as "organization?",
                  m.slug as "slug?", m.name as "name?", m.role as "role?"
             from users u left join lateral memberships_of(u.id, $2) m on true
            where u.id = $1"#,
        user,
        named
    )
    .fetch_all(db)
    .await?;
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let names = Names { email: first.email.clone(), name: first.called.clone() };
    let rows = rows.into_iter();
    let memberships = rows.filter_map(|it| member(it.organization, it.slug, it.name, it.role));
    Ok((names, memberships.collect()))
}

/// Whether the person has shown that their address is theirs.
pub(super) async fn is_verified(db: &mut PgConnection, user: Uuid) -> sqlx::Result<bool> {
    let at = sqlx::query_scalar!("select email_verified_at from users where id = $1", user);
    Ok(at.fetch_optional(db).await?.flatten().is_some())
}

/// Notes that the person's address is theirs.
pub(super) async fn verify(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set email_verified_at = now() where id = $1 and email_verified_at is null",
        user
    )
    .execute(db)
    .await?;
    Ok(())
}
