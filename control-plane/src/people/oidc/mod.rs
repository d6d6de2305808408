//! Signing in by an OpenID provider: the authorization code flow with PKCE. The browser goes there and comes
//! back with a code; what the provider says for it is checked, and its person's session begins.

mod account;
mod authority;
mod claims;
mod fetch;
mod flow;
mod identities;
mod keys;
mod model;
mod provider;
pub(super) mod routes;
mod store;
mod verifier;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};

pub use self::authority::{Authority, AuthorityError};
pub(crate) use self::provider::Provider;
use self::{
    account::Found,
    flow::{Flow, Goal, page},
    model::{Begin, Callback, Way, Ways},
    provider::ProviderError,
};
use super::{
    cookie, second_step,
    session::{Browser, begin as begin_session},
};
use crate::{
    audit::Sender,
    http::{Problem, address::Site, extract::Query},
    organizations::invitations,
    plane::ControlPlane,
    settings::SignUps,
};

/// Where a browser begins.
const BEGIN: &str = "/api/oidc/begin";

/// Where the provider sends it back to.
const CALLBACK: &str = "/api/oidc/callback";

async fn ways(State(plane): State<ControlPlane>) -> Json<Ways> {
    let way = |provider: &Provider| Way { name: provider.settings.name.clone(), url: BEGIN };
    let sign_up = plane.settings().sign_ups == SignUps::Open;
    Json(Ways { oidc: plane.oidc().map(way), sign_up })
}

/// A browser is here, and no program: what goes wrong is told by the page that it is sent back to.
async fn begin(
    State(plane): State<ControlPlane>,
    site: Site,
    browser: Browser,
    Query(query): Query<Begin>,
) -> Response {
    let to = page(query.to.as_deref(), query.invitation.as_deref());
    let left = leave(&plane, &site, &browser, to.clone(), query.invitation).await;
    left.unwrap_or_else(|problem| back(&to, &problem))
}

async fn leave(
    plane: &ControlPlane,
    site: &Site,
    browser: &Browser,
    to: String,
    invitation: Option<String>,
) -> Result<Response, Problem> {
    plane.throttle().count_address(browser.address)?;
    let provider = plane.oidc().ok_or_else(off)?;
    if let Some(token) = &invitation {
        invitations::find(&mut *plane.database().unbound().await?, token).await?;
    }
    let goal = Goal::SignIn { invitation };
    let (url, flow) = provider.begin(site.page(CALLBACK), to, goal).await?;
    let kept = sealed(plane, &flow)?;
    Ok(([(header::SET_COOKIE, kept)], Redirect::to(url.as_str())).into_response())
}

/// The header that leaves a flow with its browser.
fn sealed(plane: &ControlPlane, flow: &Flow) -> Result<HeaderValue, Problem> {
    let settings = plane.settings();
    let sealed = flow
        .sealed(&settings.secret_key)
        .map_err(|error| Problem::internal("seal what is remembered of a sign-in", &error))?;
    Ok(cookie::OIDC.set(&sealed, settings))
}

async fn callback(
    State(plane): State<ControlPlane>,
    site: Site,
    browser: Browser,
    sender: Sender,
    headers: HeaderMap,
    Query(query): Query<Callback>,
) -> Response {
    let settings = plane.settings();
    let kept = cookie::OIDC.read(&headers, settings);
    let flow = kept.and_then(|kept| Flow::of(kept, &query.state, &settings.secret_key));
    let to = flow.as_ref().map_or("/", |flow| &flow.to).to_owned();
    let arrived = arrive(&plane, &site, &browser, sender, flow, query).await;
    let response = arrived.unwrap_or_else(|problem| back(&to, &problem));
    // A flow ends once, however it does.
    (AppendHeaders([(header::SET_COOKIE, cookie::OIDC.clear(settings))]), response).into_response()
}

async fn arrive(
    plane: &ControlPlane,
    site: &Site,
    browser: &Browser,
    sender: Sender,
    flow: Option<Flow>,
    query: Callback,
) -> Result<Response, Problem> {
    plane.throttle().count_address(browser.address)?;
    let provider = plane.oidc().ok_or_else(off)?;
    let flow = flow.ok_or_else(|| refused("this is no answer to a sign-in of this browser"))?;
    let Some(code) = query.code else {
        let said = query.error.as_deref().unwrap_or("nothing");
        return Err(refused(&format!("the provider said `{}`", said.escape_debug())));
    };
    let claims = provider.complete(site.page(CALLBACK), code, &flow).await?;
    let (settings, origin) = (&provider.settings, sender.by("oidc"));
    let invitation = match flow.goal {
        Goal::SignIn { invitation } => invitation,
        Goal::Link { user } => {
            account::link(plane, settings, &origin, claims, user).await?;
            return Ok(Redirect::to(&flow.to).into_response());
        }
    };
    let Found { user, joined } =
        account::find(plane, settings, &origin, claims, invitation.as_deref()).await?;
    let mut db = plane.database().person(user, None).await?;
    // Who has set up a second step is asked for it, whoever vouches for the first.
    if let Some(challenge) = second_step::challenge(&mut db, user).await? {
        db.commit().await?;
        return Ok(sent_to(&flow.to, "challenge", &challenge.challenge));
    }
    let begun = begin_session(&mut db, user, browser).await?;
    db.commit().await?;
    let landed = match joined {
        Some(slug) => sent_to("/", "organization", &slug),
        None => Redirect::to(&flow.to).into_response(),
    };
    Ok(begun.with(plane, landed).into_response())
}

/// Back to a page of ours, which says what went wrong.
fn back(to: &str, problem: &Problem) -> Response {
    problem.log();
    let (kind, detail) = (problem.kind(), problem.detail());
    tracing::debug!(kind, detail, "nobody was signed in by the OpenID provider");
    sent_to(to, "sign-in", kind)
}

/// To a page of ours, which is told something that no server and no log sees.
fn sent_to(page: &str, name: &str, value: &str) -> Response {
    Redirect::to(&format!("{page}#{name}={value}")).into_response()
}

fn off() -> Problem {
    Problem::conflict("oidc-off", "nobody can sign in by a provider here")
        .hint("ask who runs the server; a provider is set up with `--oidc-issuer`")
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "oidc-refused", detail).hint("begin again")
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        let problem = match error {
            ProviderError::Code(_) => {
                refused("the provider does not take the code of this sign-in")
            }
            ProviderError::Token(_) | ProviderError::NoToken | ProviderError::Somebody => {
                let detail = "what the provider says is not believed; the server's log says why";
                Self::new(StatusCode::UNAUTHORIZED, "oidc-token-invalid", detail)
            }
            _ => {
                let detail = "the OpenID provider cannot be asked; the server's log says why";
                Self::new(StatusCode::BAD_GATEWAY, "oidc-unavailable", detail)
            }
        };
        problem.caused_by(&error)
    }
}
