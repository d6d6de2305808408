//! Writes that are safe to repeat: with the same `Idempotency-Key`, the answer of the first time.
//! Answers are kept for a day, sealed, since some hold what is shown once.

mod store;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_TYPE, ETAG, LOCATION},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::store::{Begun, Request as Row};
use super::{Context, Problem, body::whole};
use crate::plane::ControlPlane;

const HEADER: &str = "idempotency-key";

/// What keys are sealed for.
pub(crate) const PURPOSE: &str = "idempotent-answer";

/// A larger answer is not kept: its request is made anew.
const MOST_ANSWER: usize = 1 << 20;

const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Answers a repeated request as the first time.
pub(crate) async fn repeat(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let writes =
        matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    if !writes || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    // What is done in no organization is not kept: signing in, say.
    let Some(context) = request.extensions().get::<Context>().cloned() else {
        return next.run(request).await;
    };
    run(&plane, context, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn run(
    plane: &ControlPlane,
    context: Context,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = key(&parts)?;
    let body = whole(body).await?;
    let row = Row {
        organization: context.organization,
        user: context.user,
        key: &key,
        fingerprint: &fingerprint(&parts, &body),
    };
    let mut db = context.begin().await?;
    let begun = store::begin(&mut db, &row).await?;
    db.commit().await?;
    match begun {
        Begun::First => {}
        Begun::Other => return Err(reused(&key)),
        Begun::UnderWay => return Err(busy(&key)),
        Begun::Done(sealed) => return again(plane, &row, &sealed),
    }
    let request = Request::from_parts(parts, Body::from(body));
    let (response, kept) = keep(next.run(request).await).await?;
    let sealed = match kept {
        Some(answer) => Some(
            plane
                .settings()
                .secret_key
                .seal(PURPOSE, &bound(&row), &answer)
                .map_err(|error| Problem::internal("seal an answer", &error))?,
        ),
        None => None,
    };
    let mut db = context.begin().await?;
    match sealed {
        Some(sealed) => store::finish(&mut db, &row, &sealed).await?,
        None => store::forget(&mut db, &row).await?,
    }
    db.commit().await?;
    Ok(response)
}

fn key(parts: &Parts) -> Result<String, Problem> {
    let key = parts.headers.get(HEADER).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > 255 {
        let detail = "`idempotency-key` is 1 to 255 visible characters";
        return Err(Problem::bad_request("header-invalid", detail));
    }
    Ok(key.to_owned())
}

/// What makes two requests the same.
fn fingerprint(parts: &Parts, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(body);
    hash.finalize().into()
}

/// What a sealed answer belongs to, so that it opens nowhere else.
fn bound(row: &Row<'_>) -> Vec<u8> {
    subject(row.organization, row.user, row.key)
}

/// The same, of a row's columns.
pub(crate) fn subject(organization: Uuid, user: Uuid, key: &str) -> Vec<u8> {
    [organization.as_bytes(), user.as_bytes(), key.as_bytes()].concat()
}

/// The response, and the bytes of it to keep; a failure of ours is to be tried again.
async fn keep(response: Response) -> Result<(Response, Option<Vec<u8>>), Problem> {
    let (parts, body) = response.into_parts();
    let events = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if parts.status.is_server_error() || events {
        return Ok((Response::from_parts(parts, body), None));
    }
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|error| Problem::internal("read an answer to keep", &error))?;
    let kept = (body.len() <= MOST_ANSWER).then(|| {
        let headers = KEPT_HEADERS.iter().filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        let status = parts.status.as_u16();
        let answer = Answer { status, headers: headers.collect(), body: STANDARD.encode(&body) };
        serde_json::to_vec(&answer).unwrap_or_default()
    });
    Ok((Response::from_parts(parts, Body::from(body)), kept))
}

/// The kept answer, marked as such.
fn again(plane: &ControlPlane, row: &Row<'_>, sealed: &[u8]) -> Result<Response, Problem> {
    let answer = plane
        .settings()
        .secret_key
        .open(PURPOSE, &bound(row), sealed)
        .and_then(|plain| serde_json::from_slice::<Answer>(&plain).ok());
    // Sealed by another key than today's: the caller has to use another one, too.
    let Some(answer) = answer else { return Err(reused(row.key)) };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let body = STANDARD.decode(answer.body).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    let replayed = HeaderName::from_static("idempotency-replayed");
    response.headers_mut().insert(replayed, HeaderValue::from_static("true"));
    Ok(response)
}

fn reused(key: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        format!("`{key}` was the key of another request"),
    )
    .hint("use a new key for another request")
}

fn busy(key: &str) -> Problem {
    Problem::conflict(
        "idempotency-key-busy",
        format!("the first request with the key `{key}` is under way"),
    )
    .retry_after(1)
}
