//! Lets requests in to handlers: finds out who asks and for which organization, and holds that
//! against the list of operations. Nothing else decides who may do what.

use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use super::{
    access::{self, Access},
    caller::{Caller, For, Via, is_installation},
    model::Membership,
};
use crate::{
    execution::KeyCaller,
    http::{Context, Problem},
    plane::ControlPlane,
};

/// Admits a request, or refuses it. Handlers find the `Caller`, and where an operation asks for a
/// role, the `Context`.
pub(crate) async fn admit(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    // Where there is no route, there is nothing to guard.
    let Some(route) = parts.extensions.get::<MatchedPath>() else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let access = access::of(&parts.method, route.as_str());
    if let Err(problem) = examine(&mut parts, &plane, access).await {
        return problem.into_response();
    }
    // Until its answer is there.
    let _changing = may_change(&parts.method, access).then(|| plane.lookups().changes.begin());
    next.run(Request::from_parts(parts, body)).await
}

/// Whether a request may change who somebody is, or what they may. Programs change nothing of that; some
/// links that anybody may open do.
fn may_change(method: &Method, access: Access) -> bool {
    match access {
        Access::Key => false,
        Access::Anybody => true,
        _ => !method.is_safe(),
    }
}

async fn examine(parts: &mut Parts, plane: &ControlPlane, access: Access) -> Result<(), Problem> {
    match access {
        Access::Anybody => return Ok(()),
        // Answered without a database, too.
        Access::Installation if is_installation(&parts.headers, plane) => return Ok(()),
        Access::Installation => return Err(not_installation()),
        Access::Key => {
            let caller = KeyCaller::of(parts, plane).await?;
            parts.extensions.insert(caller);
            return Ok(());
        }
        _ => {}
    }
    let is_for_one = matches!(access, Access::Member(_) | Access::MemberInPerson(_));
    let asked = match is_for_one {
        true => For::Organization(named(parts, plane).await?),
        false => For::Person,
    };
    let (caller, memberships) = Caller::of(parts, plane, &asked).await?;
    let in_person = matches!(access, Access::InPerson | Access::MemberInPerson(_));
    if in_person && matches!(caller.via, Via::Token { .. }) {
        return Err(not_for_tokens());
    }
    if let Access::Member(needed) | Access::MemberInPerson(needed) = access {
        let Membership { id, role, .. } = only(memberships, &caller, asked.named())?;
        access::check(needed, role)?;
        let Caller { plane, user, actor, .. } = caller.clone();
        parts.extensions.insert(Context { plane, organization: id, user, actor, role });
    }
    parts.extensions.insert(caller);
    Ok(())
}

fn not_installation() -> Problem {
    let detail = "this takes the installation's own token";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        .hint("ask who runs the server: `up` keeps it in `up.json`, and `serve` was given it")
}

fn not_for_tokens() -> Problem {
    let detail = "this is for people who signed in, and not for access tokens";
    Problem::new(StatusCode::FORBIDDEN, "in-person-only", detail).hint("sign in, and do it there")
}

/// The organization that a request names: in its path, or as `?org=`.
async fn named(parts: &mut Parts, plane: &ControlPlane) -> Result<Option<String>, Problem> {
    let path = RawPathParams::from_request_parts(parts, plane)
        .await
        .map_err(|error| Problem::bad_request("path-invalid", error.to_string()))?;
    if let Some((_, organization)) = path.iter().find(|(name, _)| *name == "organization") {
        return Ok(Some(organization.to_owned()));
    }
    let query = parts.uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "org" || name == "organizationId");
    Ok(named.map(|(_, organization)| organization.into_owned()))
}

/// What the caller is in the one organization that the request means.
fn only(
    mut found: Vec<Membership>,
    caller: &Caller,
    named: Option<&str>,
) -> Result<Membership, Problem> {
    if found.len() > 1 {
        return Err(Problem::bad_request(
            "organization-required",
            "you are in several organizations, and the request does not say which one it means",
        )
        .hint("add `?org=` with its slug or id"));
    }
    match (found.pop(), caller.via) {
        (Some(found), Via::Token { organization, .. }) if found.id != organization => {
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "token-of-another-organization",
                format!("this token is not for the organization `{}`", found.slug),
            ))
        }
        (Some(found), _) => Ok(found),
        // Whether there is such an organization is not told to who is not in it.
        (None, _) => Err(match named {
            Some(named) => Problem::not_found("organization", named),
            None => Problem::new(
                StatusCode::NOT_FOUND,
                "organization-not-found",
                "you are in no organization",
            ),
        }),
    }
}
