//! All SQL on organizations, members and invitations. The connection carries the organization
//! (row-level security), so no statement here compares it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Invitation, Member, Organization, ShownInvitation};
use crate::people::Role;

/// Makes the transaction's organization, with its first owner.
pub(super) async fn create(
    db: &mut PgConnection,
    id: Uuid,
    slug: &str,
    name: &str,
    owner: Uuid,
) -> sqlx::Result<Organization> {
    let made = sqlx::query_as!(
        Organization,
        "insert into organizations (id, slug, name) values ($1, $2, $3)
         returning id, slug, name, created_at as created",
        id,
        slug,
        name
    )
    .fetch_one(&mut *db)
    .await?;
    add_member(db, id, owner, Role::Owner).await?;
    Ok(made)
}

/// The transaction's organization.
pub(super) async fn get(db: &mut PgConnection) -> sqlx::Result<Option<Organization>> {
    sqlx::query_as!(Organization, "select id, slug, name, created_at as created from organizations")
        .fetch_optional(db)
        .await
}

/// The same, held until the transaction ends.
pub(super) async fn hold(db: &mut PgConnection) -> sqlx::Result<Option<Organization>> {
    sqlx::query_as!(
        Organization,
        "select id, slug, name, created_at as created from organizations for no key update"
    )
    .fetch_optional(db)
    .await
}

/// Names the organization anew.
pub(super) async fn rename(db: &mut PgConnection, new: &Organization) -> sqlx::Result<()> {
    sqlx::query!(
        "update organizations set slug = $2, name = $3 where id = $1",
        new.id,
        new.slug,
        new.name
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What would be left of the organization without one of its people.
#[derive(Debug)]
pub(super) struct Left {
    /// Others in it.
    pub(super) others: bool,
    /// Endpoints, also those that were deleted: they have a history.
    pub(super) used: bool,
}

/// What would be left; held, so that nobody comes in meanwhile.
pub(super) async fn left_by(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Option<Left>> {
    sqlx::query!("select id from organizations for update").fetch_optional(&mut *db).await?;
    sqlx::query_as!(
        Left,
        r#"select exists (select from memberships where user_id <> $1) as "others!",
                  exists (select from endpoints) as "used!"
             from organizations"#,
        user
    )
    .fetch_optional(db)
    .await
}

/// Ends the organization.
pub(super) async fn remove(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from organizations where id = app_org()").execute(db).await?;
    Ok(())
}

struct Row {
    id: Uuid,
    email: String,
    name: String,
    role: String,
    since: OffsetDateTime,
}

impl From<Row> for Member {
    fn from(row: Row) -> Self {
        let Row { id, email, name, role, since } = row;
        Self { id, email, name, role: Role::from_word(&role), since }
    }
}

/// Members by id, those after one.
pub(super) async fn members(
    db: &mut PgConnection,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Member>> {
    let rows = sqlx::query_as!(
        Row,
        "select u.id, u.email, u.name, m.role, m.created_at as since
           from memberships m join users u on u.id = m.user_id
          where $1::uuid is null or m.user_id > $1
          order by m.user_id limit $2",
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// A member, held until the transaction ends.
pub(super) async fn hold_member(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Option<Member>> {
    let row = sqlx::query_as!(
        Row,
        "select u.id, u.email, u.name, m.role, m.created_at as since
           from memberships m join users u on u.id = m.user_id
          where m.user_id = $1 for update of m",
        user
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Member::from))
}

/// Gives a member another role.
pub(super) async fn set_role(db: &mut PgConnection, user: Uuid, role: Role) -> sqlx::Result<()> {
    sqlx::query!("update memberships set role = $2 where user_id = $1", user, role.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Takes a member out.
pub(super) async fn remove_member(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from memberships where user_id = $1", user).execute(db).await?;
    Ok(())
}

/// Adds a member; false for who is one already, and keeps their role.
pub(super) async fn add_member(
    db: &mut PgConnection,
    organization: Uuid,
    user: Uuid,
    role: Role,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into memberships (organization_id, user_id, role) values ($1, $2, $3)
         on conflict do nothing",
        organization,
        user,
        role.as_str()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

struct InvitationRow {
    id: Uuid,
    email: Option<String>,
    role: String,
    expires: OffsetDateTime,
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        let InvitationRow { id, email, role, expires } = row;
        Self { id, email, role: Role::from_word(&role), expires }
    }
}

/// Invitations that can still be accepted, newest first, those before one.
pub(super) async fn invitations(
    db: &mut PgConnection,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Invitation>> {
    let rows = sqlx::query_as!(
        InvitationRow,
        "select id, email, role, expires_at as expires from invitations
          where expires_at > now() and ($1::uuid is null or id < $1)
          order by id desc limit $2",
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// An invitation, with the names that belong to it.
pub(super) async fn show_invitation(
    db: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<ShownInvitation>> {
    let row = sqlx::query!(
        r#"select o.name as organization, u.name as "invited_by?", i.email, i.role,
                  i.expires_at as expires
             from invitations i join organizations o on o.id = i.organization_id
             left join users u on u.id = i.invited_by
            where i.id = $1"#,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| ShownInvitation {
        organization: row.organization,
        invited_by: row.invited_by,
        email: row.email,
        role: Role::from_word(&row.role),
        expires: row.expires,
    }))
}

/// Keeps an invitation, and forgets those that are too old.
pub(super) async fn add_invitation(
    db: &mut PgConnection,
    organization: Uuid,
    new: &Invitation,
    hash: &str,
    by: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with over as (delete from invitations where expires_at < now())
         insert into invitations (organization_id, id, hash, email, role, invited_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        organization,
        new.id,
        hash,
        new.email,
        new.role.as_str(),
        by,
        new.expires
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes an invitation away; `None` if it is gone, or too old.
pub(super) async fn take_invitation(
    db: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Invitation>> {
    let row = sqlx::query_as!(
        InvitationRow,
        "delete from invitations where id = $1 and expires_at > now()
         returning id, email, role, expires_at as expires",
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Invitation::from))
}

/// Which invitation a token is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfInvitation {
    pub(super) invitation: Uuid,
    pub(super) organization: Uuid,
}

pub(super) async fn invitation_of(
    db: &mut PgConnection,
    hash: &str,
) -> sqlx::Result<Option<OfInvitation>> {
    sqlx::query_as!(
        OfInvitation,
        r#"select invitation_id as "invitation!", organization_id as "organization!"
             from invitation_of($1)"#,
        hash
    )
    .fetch_optional(db)
    .await
}
