//! The people in an organization.

use axum::{Json, http::StatusCode, response::NoContent};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    model::{Member, RoleChange},
    or_last_owner, store,
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        revision::Seen,
    },
    people::Role,
};

pub(super) async fn list(
    context: Context,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Member>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::members(&mut db, paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |member| member.id)))
}

pub(super) fn too_great(role: Role) -> Problem {
    let detail = format!("as {role}, nobody makes or unmakes what is greater");
    Problem::new(StatusCode::FORBIDDEN, "role-too-great", detail).hint("ask an owner")
}

/// A member whom the caller may make what `to` says; nobody is no member any more. Held until the
/// transaction ends.
async fn held(
    db: &mut PgConnection,
    context: &Context,
    id: Uuid,
    to: Option<Role>,
) -> Result<Member, Problem> {
    let member = store::hold_member(db, id).await?;
    let member = member.ok_or_else(|| Problem::not_found("member", id))?;
    if context.role.may_change(Some(member.role), to) {
        Ok(member)
    } else {
        Err(too_great(context.role))
    }
}

pub(super) async fn change(
    context: Context,
    seen: Seen,
    Path((_, id)): Path<(String, Uuid)>,
    Body(change): Body<RoleChange>,
) -> Result<Json<Member>, Problem> {
    let mut db = context.begin().await?;
    let member = held(&mut db, &context, id, Some(change.role)).await?;
    seen.check(member.role.as_str(), &member)?;
    store::set_role(&mut db, id, change.role).await.map_err(or_last_owner)?;
    db.commit().await?;
    Ok(Json(Member { role: change.role, ..member }))
}

pub(super) async fn remove(
    context: Context,
    Path((_, id)): Path<(String, Uuid)>,
) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    held(&mut db, &context, id, None).await?;
    store::remove_member(&mut db, id).await.map_err(or_last_owner)?;
    db.commit().await?;
    Ok(NoContent)
}

pub(super) async fn leave(context: Context) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    store::remove_member(&mut db, context.user).await.map_err(or_last_owner)?;
    db.commit().await?;
    Ok(NoContent)
}
