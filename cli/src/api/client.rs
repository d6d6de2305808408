//! One request at a time: send, and turn what comes back into a value or a problem.

use std::env;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::problem::{ApiError, Problem};
use super::stream::Events;
use super::types::Page;
use crate::args::Global;
use crate::commands::Context;
use crate::data::DataDir;
use crate::error::Failure;
use crate::logins::Logins;

/// Query parameters of a request.
pub(crate) type Query<'a> = &'a [(&'a str, String)];

/// A server that was found, with what it asks for.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
    /// The organization that requests mean, where it was named.
    org: Option<String>,
    /// The environment that they mean, where it was named.
    env: Option<String>,
}

impl Client {
    /// The server named on the command line, or the one that was logged in to, or the one that runs
    /// on this machine.
    pub(crate) fn find(context: &Context) -> Result<Self, Failure> {
        let logins = Logins::read()?;
        let logged_in = || logins.current().filter(|_| context.data.is_none());
        let client = match context.global.server.as_deref().or_else(logged_in) {
            Some(server) => {
                let kept = || logins.token(server).map(ToOwned::to_owned);
                Self::new(server, env::var("PROMPTPILOT_TOKEN").ok().or_else(kept))?
            }
            None => {
                let running = DataDir::new(context.data.as_deref())?.running()?;
                Self::new(&running.api, Some(running.token))?
            }
        };
        let Global { org, env, .. } = context.global.clone();
        Ok(Self { org, env, ..client })
    }

    pub(crate) fn new(server: &str, token: Option<String>) -> Result<Self, ApiError> {
        let address = || ApiError::Address(server.to_owned());
        let base = Url::parse(server).map_err(|_| address())?;
        if base.cannot_be_a_base() || !matches!(base.scheme(), "http" | "https") {
            return Err(address());
        }
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|source| ApiError::Unreachable { url: server.to_owned(), source })?;
        Ok(Self { http, base, token, org: None, env: None })
    }

    /// The HTTP client itself, for requests to deployed endpoints.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The server's address, without a slash at its end.
    pub(crate) fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
    ) -> Result<T, ApiError> {
        self.json(self.request(Method::GET, path, query), path).await
    }

    /// The same, with the revision that it is at.
    pub(crate) async fn get_revised<T: DeserializeOwned>(
        &self,
        path: &[&str],
    ) -> Result<(T, Option<String>), ApiError> {
        let response = self.send(self.request(Method::GET, path, &[]), path).await?;
        let revision = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let revision = revision.map(ToOwned::to_owned);
        Ok((read(response, path).await?, revision))
    }

    /// All items of a list, page by page.
    pub(crate) async fn all<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Vec<T>, ApiError> {
        self.all_of(path, &[]).await
    }

    /// The same of a list that is kept to something.
    pub(crate) async fn all_of<T: DeserializeOwned>(
        &self,
        path: &[&str],
        only: Query<'_>,
    ) -> Result<Vec<T>, ApiError> {
        let mut items = Vec::new();
        let mut query = only.to_vec();
        query.push(("limit", "500".to_owned()));
        let own = query.len();
        loop {
            let page: Page<T> = self.get(path, &query).await?;
            items.extend(page.items);
            let Some(next) = page.next else { return Ok(items) };
            query.truncate(own);
            query.push(("after", next));
        }
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        self.json(self.request(Method::POST, path, &[]).json(body), path).await
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        self.json(self.request(Method::PUT, path, &[]).json(body), path).await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        self.json(self.request(Method::PATCH, path, &[]).json(body), path).await
    }

    /// The same, refused if it has changed since somebody saw it.
    pub(crate) async fn patch_seen<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
        body: &impl Serialize,
        seen: Option<&str>,
    ) -> Result<T, ApiError> {
        let mut request = self.request(Method::PATCH, path, query).json(body);
        if let Some(seen) = seen {
            request = request.header("if-match", seen);
        }
        self.json(request, path).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ApiError> {
        self.delete_with(path, &[]).await
    }

    pub(crate) async fn delete_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
    ) -> Result<T, ApiError> {
        self.json(self.request(Method::DELETE, path, query), path).await
    }

    /// Events as they happen.
    pub(crate) async fn events(
        &self,
        path: &[&str],
        query: Query<'_>,
        after: Option<&str>,
    ) -> Result<Events, ApiError> {
        let mut request =
            self.request(Method::GET, path, query).header("accept", "text/event-stream");
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        Ok(Events::new(self.send(request, path).await?))
    }

    /// An answer's body as it comes.
    pub(crate) async fn bytes(
        &self,
        path: &[&str],
        query: Query<'_>,
    ) -> Result<impl Stream<Item = reqwest::Result<Bytes>> + Unpin + use<>, ApiError> {
        let response = self.send(self.request(Method::GET, path, query), path).await?;
        Ok(Box::pin(response.bytes_stream()))
    }

    /// What comes of a request, as events.
    pub(crate) async fn post_events(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Events, ApiError> {
        let request = self.request(Method::POST, path, &[]).json(body);
        Ok(Events::new(self.send(request.header("accept", "text/event-stream"), path).await?))
    }

    /// A request to `/api/…`; names in the path may hold anything.
    fn request(&self, method: Method, path: &[&str], query: Query<'_>) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("api").extend(path);
        }
        for (name, value) in query
            .iter()
            .map(|(name, value)| (*name, value))
            .chain(self.org.iter().map(|org| ("org", org)))
            .chain(self.env.iter().map(|env| ("env", env)))
        {
            url.query_pairs_mut().append_pair(name, value);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        path: &[&str],
    ) -> Result<T, ApiError> {
        read(self.send(request, path).await?, path).await
    }

    async fn send(&self, request: RequestBuilder, path: &[&str]) -> Result<Response, ApiError> {
        let response = request.send().await.map_err(|source| match source.is_connect() {
            true => ApiError::Unreachable { url: self.address().to_owned(), source },
            false => ApiError::Broken { what: what(path), source: source.into() },
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response, path).await)
    }
}

async fn read<T: DeserializeOwned>(response: Response, path: &[&str]) -> Result<T, ApiError> {
    let bytes = response
        .bytes()
        .await
        .map_err(|source| ApiError::Broken { what: what(path), source: source.into() })?;
    // An answer without a body says that it was done.
    let json: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    serde_json::from_slice(json).map_err(|source| ApiError::Answer { what: what(path), source })
}

async fn refusal(response: Response, path: &[&str]) -> ApiError {
    let status = response.status();
    let problem = response.bytes().await.ok();
    match problem.and_then(|bytes| serde_json::from_slice::<Problem>(&bytes).ok()) {
        Some(problem) => ApiError::Problem { status: status.as_u16(), problem: Box::new(problem) },
        None if status == StatusCode::UNAUTHORIZED => ApiError::Problem {
            status: status.as_u16(),
            problem: Box::new(Problem {
                title: "the server does not know us".to_owned(),
                ..Problem::default()
            }),
        },
        None => ApiError::Status { what: what(path), status: status.as_u16() },
    }
}

fn what(path: &[&str]) -> String {
    format!("`/api/{}`", path.join("/"))
}
