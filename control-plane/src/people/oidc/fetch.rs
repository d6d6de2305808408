//! Requests to the provider. They go out as functions' requests to providers of models do: where private
//! addresses may not be called, the provider is not at one, nor anything that it names. Nobody is followed
//! to another address, since requests carry our secret.

use std::time::Duration;

use futures::TryStreamExt;
use oauth2::{HttpRequest, HttpResponse};
use promptpilot_runtime::{
    provider::{Failure, Request},
    transport::{HTTP, Reply, Transport},
};
use serde::de::DeserializeOwned;
use url::Url;

/// How long the provider may take for one answer: a sign-in asks four times at most, and has half a minute.
const PATIENCE: Duration = Duration::from_secs(7);

/// The largest answer that is read, in bytes.
const MOST_READ: usize = 1 << 20;

/// The headers that OAuth's requests have.
const HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// Why the provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Unanswered(#[from] Failure),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("the answer is larger than {MOST_READ} bytes")]
    TooLarge,
    #[error("`{url}` answered with status {status}")]
    Status { url: String, status: u16 },
    #[error("the answer of `{url}` cannot be read")]
    Unreadable { url: String, source: serde_json::Error },
    #[error("the answer cannot be handed on")]
    Odd(#[from] http::Error),
}

/// Gets a document.
pub(super) async fn json<T: DeserializeOwned>(
    url: &Url,
    token: Option<&str>,
) -> Result<T, FetchError> {
    let mut request = Request::get(url.as_str()).header("accept", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let (status, _, body) = within_time(request).await?;
    let url = url.to_string();
    if status != 200 {
        return Err(FetchError::Status { url, status });
    }
    serde_json::from_slice(&body).map_err(|source| FetchError::Unreadable { url, source })
}

/// Sends what OAuth's client wrote.
pub(super) async fn send(request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let (head, body) = request.into_parts();
    let mut request = Request::get(head.uri.to_string());
    request.method = head.method;
    request.body = body.into();
    for name in HEADERS {
        if let Some(value) = head.headers.get(name).and_then(|value| value.to_str().ok()) {
            request = request.header(name, value);
        }
    }
    let (status, media_type, body) = within_time(request).await?;
    let mut response = http::Response::builder().status(status);
    if let Some(media_type) = media_type {
        response = response.header(http::header::CONTENT_TYPE, media_type);
    }
    Ok(response.body(body)?)
}

type Answer = (u16, Option<http::HeaderValue>, Vec<u8>);

async fn within_time(request: Request) -> Result<Answer, FetchError> {
    tokio::time::timeout(PATIENCE, ask(request)).await.unwrap_or(Err(FetchError::Late))
}

async fn ask(request: Request) -> Result<Answer, FetchError> {
    let Reply { status, headers, mut body } = HTTP.send(request).await?;
    let mut read = Vec::new();
    while let Some(piece) = body.try_next().await? {
        if read.len() + piece.len() > MOST_READ {
            return Err(FetchError::TooLarge);
        }
        read.extend_from_slice(&piece);
    }
    Ok((status, headers.get(http::header::CONTENT_TYPE).cloned(), read))
}
