//! Requests to the provider. They go out as functions' requests to providers of models do: where private
//! addresses may not be called, the provider is not at one, nor anything that it names. Nobody is followed
//! to another address, since requests carry our secret.

use std::time::Duration;

use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use promptpilot_runtime::{
    provider::{Failure, Request},
    transport::{Http, Reply, Transport},
};
use rustls::CertificateError;
use serde::de::DeserializeOwned;
use url::Url;

use super::authority::Authority;

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
    Unanswered(Failure),
    #[error("{0}; where an authority of one's own has signed it, name that with `--oidc-ca`")]
    Untrusted(Failure),
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

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> Self {
        let unknown = rustls::Error::from(CertificateError::UnknownIssuer).to_string();
        match failure.message.ends_with(&unknown) {
            true => Self::Untrusted(failure),
            false => Self::Unanswered(failure),
        }
    }
}

type Answer = (u16, Option<http::HeaderValue>, Vec<u8>);

/// What asks the provider.
#[derive(Debug)]
pub(super) struct Fetch {
    http: Http,
}

impl Fetch {
    /// One that believes an authority beside the well-known ones.
    pub(super) fn trusting(authority: Option<&Authority>) -> Self {
        Self { http: Http::trusting(authority.map(Authority::roots).unwrap_or_default()) }
    }

    /// Gets a document.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        token: Option<&str>,
    ) -> Result<T, FetchError> {
        let mut request = Request::get(url.as_str()).header("accept", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let (status, _, body) = self.within_time(request).await?;
        let url = url.to_string();
        if status != 200 {
            return Err(FetchError::Status { url, status });
        }
        serde_json::from_slice(&body).map_err(|source| FetchError::Unreadable { url, source })
    }

    /// Sends what OAuth's client wrote.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let (head, body) = request.into_parts();
        let mut request = Request::get(head.uri.to_string());
        request.method = head.method;
        request.body = body.into();
        for name in HEADERS {
            if let Some(value) = head.headers.get(name).and_then(|value| value.to_str().ok()) {
                request = request.header(name, value);
            }
        }
        let (status, media_type, body) = self.within_time(request).await?;
        let mut response = http::Response::builder().status(status);
        if let Some(media_type) = media_type {
            response = response.header(http::header::CONTENT_TYPE, media_type);
        }
        Ok(response.body(body)?)
    }

    async fn within_time(&self, request: Request) -> Result<Answer, FetchError> {
        tokio::time::timeout(PATIENCE, self.ask(request)).await.unwrap_or(Err(FetchError::Late))
    }

    async fn ask(&self, request: Request) -> Result<Answer, FetchError> {
        let Reply { status, headers, mut body } = self.http.send(request).await?;
        let mut read = Vec::new();
        while let Some(piece) = body.try_next().await? {
            if read.len() + piece.len() > MOST_READ {
                return Err(FetchError::TooLarge);
            }
            read.extend_from_slice(&piece);
        }
        Ok((status, headers.get(http::header::CONTENT_TYPE).cloned(), read))
    }
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = BoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{net::TcpListener, sync::Arc, thread};

    use rustls::{
        ServerConfig, ServerConnection,
        crypto::ring,
        pki_types::{PrivateKeyDer, pem::PemObject},
    };

    use super::*;

    /// Somebody who shakes hands by a certificate of their own, and says nothing then.
    fn stranger() -> Url {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = made.signing_key.serialize_pem();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            connection.complete_io(&mut stream).ok();
        });
        format!("https://localhost:{port}/").parse().unwrap()
    }

    #[tokio::test]
    async fn a_certificate_of_an_unknown_authority_is_told_with_the_way_to_name_it() {
        let asked = Fetch::trusting(None).json::<serde_json::Value>(&stranger(), None).await;
        let error = asked.unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not connect to localhost: invalid peer certificate: UnknownIssuer; where an \
             authority of one's own has signed it, name that with `--oidc-ca`"
        );
    }
}
