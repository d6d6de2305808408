//! Organizations over HTTP. One that is named in the path is the one that the request means.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, patch_with, post_with},
};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    check_name, check_slug, invitations, members,
    model::{CreatedInvitation, NewOrganization, Organization, OrganizationChange},
    store,
};
use crate::{
    http::{
        Context, Page, Problem,
        body::Body,
        openapi::{describe, describe_with},
        revision::{Seen, etag},
    },
    people::{Caller, memberships, model::Membership},
    plane::ControlPlane,
};

const TAG: &str = "organizations";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    own().merge(of_members()).merge(of_invitations())
}

fn own() -> ApiRouter<ControlPlane> {
    let created = describe_with(
        TAG,
        "createOrganization",
        "Make another organization, and own it",
        &["name-invalid", "slug-invalid", "slug-taken"],
        json!({ "slug": "acme", "name": "Acme" }),
    );
    let changed = describe_with(
        TAG,
        "changeOrganization",
        "Name an organization anew",
        &["name-invalid", "slug-invalid", "slug-taken"],
        json!({ "name": "Acme" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/organizations",
            get_with(
                list,
                describe(TAG, "listOrganizations", "List one's organizations, oldest first", &[]),
            )
            .post_with(create, |operation| {
                created(operation).response::<201, Json<Organization>>()
            }),
        )
        .api_route(
            "/api/organizations/{organization}",
            get_with(show, |operation| {
                describe(TAG, "showOrganization", "Show an organization", &[])(operation)
                    .response::<200, Json<Organization>>()
            })
            .patch_with(change, |operation| {
                changed(operation).response::<200, Json<Organization>>()
            }),
        )
}

fn of_members() -> ApiRouter<ControlPlane> {
    const KINDS: &[&str] = &["member-not-found", "role-too-great", "last-owner"];
    let changed = describe_with(
        TAG,
        "changeMember",
        "Give somebody another role",
        KINDS,
        json!({ "role": "developer" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/organizations/{organization}/leave",
            post_with(
                members::leave,
                describe(TAG, "leaveOrganization", "Leave an organization", &["last-owner"]),
            ),
        )
        .api_route(
            "/api/organizations/{organization}/members",
            get_with(members::list, describe(TAG, "listMembers", "List who is in it", &[])),
        )
        .api_route(
            "/api/organizations/{organization}/members/{id}",
            patch_with(members::change, changed).delete_with(
                members::remove,
                describe(TAG, "removeMember", "Remove somebody; their tokens end", KINDS),
            ),
        )
}

fn of_invitations() -> ApiRouter<ControlPlane> {
    let created = describe_with(
        TAG,
        "createInvitation",
        "Invite somebody; the answer is the only one that has the link",
        &["role-too-great", "email-invalid"],
        json!({ "role": "developer", "email": "al@example.com" }),
    );
    let shown = describe_with(
        TAG,
        "showInvitation",
        "Show an invitation to whoever has its link",
        &["invitation-not-found"],
        json!({ "token": "0123456789abcdef" }),
    );
    let accepted = describe_with(
        TAG,
        "acceptInvitation",
        "Accept an invitation",
        &["invitation-not-found", "invitation-for-another", "already-a-member"],
        json!({ "token": "0123456789abcdef" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/organizations/{organization}/invitations",
            get_with(
                invitations::list,
                describe(TAG, "listInvitations", "List invitations that are open", &[]),
            )
            .post_with(invitations::create, |operation| {
                created(operation).response::<201, Json<CreatedInvitation>>()
            }),
        )
        .api_route(
            "/api/organizations/{organization}/invitations/{id}",
            delete_with(
                invitations::revoke,
                describe(
                    TAG,
                    "revokeInvitation",
                    "Take an invitation back",
                    &["invitation-not-found"],
                ),
            ),
        )
        .api_route("/api/invitations/show", post_with(invitations::show, shown))
        .api_route("/api/invitations/accept", post_with(invitations::accept_by_token, accepted))
}

async fn list(caller: Caller) -> Result<Json<Page<Membership>>, Problem> {
    let mut db = caller.read().await?;
    let items = memberships(&mut db, caller.user, caller.via).await?;
    Ok(Json(Page { items, next: None }))
}

async fn create(
    caller: Caller,
    Body(new): Body<NewOrganization>,
) -> Result<(StatusCode, Json<Organization>), Problem> {
    check_name(&new.name)?;
    check_slug(&new.slug)?;
    let id = Uuid::now_v7();
    let mut db = caller.plane.database().tenant_for(id, &caller.actor).await?;
    let made = store::create(&mut db, id, &new.slug, &new.name, caller.user).await;
    let made = made.map_err(|error| or_taken(error, &new.slug))?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Policies hide other organizations, but not from the constraint on slugs.
fn or_taken(error: sqlx::Error, slug: &str) -> Problem {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => {
            Problem::conflict("slug-taken", format!("another organization is called `{slug}`"))
                .hint("choose another slug")
        }
        _ => error.into(),
    }
}

/// An answer with the `etag` of its revision.
type Revised = ([(HeaderName, HeaderValue); 1], Json<Organization>);

fn revised(organization: Organization) -> Revised {
    ([etag(&organization.revision())], Json(organization))
}

async fn show(context: Context) -> Result<Revised, Problem> {
    let mut db = context.read().await?;
    let found = store::get(&mut db).await?;
    found.map(revised).ok_or_else(|| Problem::not_found("organization", context.organization))
}

async fn change(
    context: Context,
    seen: Seen,
    Body(change): Body<OrganizationChange>,
) -> Result<Revised, Problem> {
    change.name.as_deref().map_or(Ok(()), check_name)?;
    change.slug.as_deref().map_or(Ok(()), check_slug)?;
    let gone = || Problem::not_found("organization", context.organization);
    let mut db = context.begin().await?;
    let now = store::hold(&mut db).await?.ok_or_else(gone)?;
    seen.check(&now.revision(), &now)?;
    let then = Organization {
        slug: change.slug.unwrap_or(now.slug),
        name: change.name.unwrap_or(now.name),
        ..now
    };
    store::rename(&mut db, &then).await.map_err(|error| or_taken(error, &then.slug))?;
    db.commit().await?;
    Ok(revised(then))
}
