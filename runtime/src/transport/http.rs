//! HTTP/1.1 to providers, over TLS or, for models on one's own machine, without it. Connections are
//! kept and used again. HTTP/2 would serve many calls over one of them, where a process holds one
//! call at a time; it costs every function most of a megabyte, the sandbox's included.
//!
//! Certificates are checked against Mozilla's roots, which are linked in: Lambda's file system and a
//! bare machine's may hold none. The client is made at its first use, so it costs a cold start
//! nothing. A function may be frozen between two calls for hours; connections that were idle for
//! more than [`FROZEN`] of wall-clock time are dropped and not tried.

use std::{
    env,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture};
use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use promptpilot_spec::deployment::PRIVATE_ADDRESSES_VARIABLE;
use rustls::pki_types::TrustAnchor;

use super::{
    Reply, Transport,
    guard::{PrivateAddress, Reach, Resolver},
};
use crate::{
    log::{Level, log},
    provider::{Failure, Kind, Request},
};

/// Idle for longer than this, a connection is most likely dead.
const FROZEN: Duration = Duration::from_secs(20);

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

const USER_AGENT: &str = concat!("promptpilot/", env!("CARGO_PKG_VERSION"));

/// The transport of all providers that are reached over a network.
pub static HTTP: Http = Http::trusting(Vec::new());

/// An HTTP client that is made when it is needed.
#[derive(Debug)]
pub struct Http {
    pool: Mutex<Option<Pool>>,
    /// Whom it believes beside the well-known authorities.
    roots: Vec<TrustAnchor<'static>>,
}

type HttpClient = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

#[derive(Debug)]
struct Pool {
    client: HttpClient,
    made: SystemTime,
    used: SystemTime,
}

impl Http {
    /// A client that believes these authorities, too.
    pub const fn trusting(roots: Vec<TrustAnchor<'static>>) -> Self {
        Self { pool: Mutex::new(None), roots }
    }

    /// The client, made anew where the last one may have been frozen.
    fn client(&self, now: SystemTime) -> Result<HttpClient, Failure> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let frozen = |pool: &Pool| now.duration_since(pool.used).is_ok_and(|idle| idle > FROZEN);
        if let Some(pool) = pool.as_mut().filter(|pool| !frozen(pool)) {
            pool.used = now;
            return Ok(pool.client.clone());
        }
        if let Some(Ok(age)) = pool.as_ref().map(|pool| now.duration_since(pool.made)) {
            log(Level::Info, &format!("connections made {age:?} ago were idle too long: dropped"));
        }
        let client = new_client(&self.roots).map_err(|error| {
            Failure::new(Kind::Connect, format!("could not set up TLS: {error}"))
        })?;
        *pool = Some(Pool { client: client.clone(), made: now, used: now });
        Ok(client)
    }
}

fn new_client(more: &[TrustAnchor<'static>]) -> Result<HttpClient, rustls::Error> {
    let roots = [webpki_roots::TLS_SERVER_ROOTS, more].concat();
    let roots = rustls::RootCertStore { roots };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new(reach()));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(FROZEN)
        .build(connector))
}

/// Whether this program keeps requests away from private addresses, whatever its environment says.
static PUBLIC_ONLY: AtomicBool = AtomicBool::new(false);

/// Keeps requests of this process away from private addresses from now on: for servers that ask in the
/// name of others.
pub fn deny_private_addresses() {
    PUBLIC_ONLY.store(true, Ordering::Relaxed);
}

/// Where requests may go.
fn reach() -> Reach {
    if PUBLIC_ONLY.load(Ordering::Relaxed) {
        return Reach::Public;
    }
    Reach::of(env::var(PRIVATE_ADDRESSES_VARIABLE).ok().as_deref())
}

impl Transport for Http {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Failure>> {
        async move {
            let host = host_of(&request.url);
            reach().check(&host).map_err(|error| refused(&error, &host))?;
            let request = into_http(request)?;
            let client = self.client(SystemTime::now())?;
            let response = client.request(request).await.map_err(|error| unsent(&error, &host))?;
            let (head, body) = response.into_parts();
            let body = body.into_data_stream().map_err(|error| {
                Failure::new(Kind::Broken, format!("the connection broke: {}", innermost(&error)))
            });
            Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.boxed() })
        }
        .boxed()
    }
}

fn into_http(request: Request) -> Result<http::Request<Full<Bytes>>, Failure> {
    let mut builder = http::Request::builder()
        .method(request.method)
        .uri(&request.url)
        .header(header::USER_AGENT, USER_AGENT);
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
            Failure::new(Kind::Key, format!("`{name}` holds a character that no header may have"))
        })?;
        value.set_sensitive(true);
        builder = builder.header(*name, value);
    }
    builder.body(Full::new(request.body)).map_err(|error| Failure {
        retry: false,
        ..Failure::new(Kind::Connect, format!("not an address: {error}"))
    })
}

/// Nothing is sent, however often it is tried.
fn refused(error: &PrivateAddress, host: &str) -> Failure {
    let message = format!("could not connect to {host}: {error}");
    Failure { retry: false, ..Failure::new(Kind::Connect, message) }
}

fn unsent(error: &hyper_util::client::legacy::Error, host: &str) -> Failure {
    let cause = innermost(error);
    if let Some(error) = find(error) {
        return refused(error, host);
    }
    if error.is_connect() {
        Failure::new(Kind::Connect, format!("could not connect to {host}: {cause}"))
    } else {
        Failure::new(Kind::Broken, format!("the connection to {host} broke: {cause}"))
    }
}

/// For messages: without path, query and whatever else an address may carry.
fn host_of(url: &str) -> String {
    url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default()
}

/// The refusal among an error's causes. An `io::Error` shows what it holds, and not itself, as one.
fn find<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a PrivateAddress> {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let inner = inner.and_then(|inner| inner.downcast_ref());
    inner.or_else(|| error.downcast_ref()).or_else(|| find(error.source()?))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_that_was_frozen_is_made_anew() -> Result<(), Failure> {
        let http = Http::trusting(Vec::new());
        let made = || {
            let pool = http.pool.lock().unwrap_or_else(PoisonError::into_inner);
            pool.as_ref().map(|pool| pool.made)
        };
        let start = SystemTime::now();
        // Used again and again it stays, however long; twenty seconds after its last use it goes.
        for seconds in [0, 15, 30] {
            http.client(start + Duration::from_secs(seconds))?;
            assert_eq!(made(), Some(start));
        }
        let woken = start + Duration::from_secs(51);
        http.client(woken)?;
        assert_eq!(made(), Some(woken));
        Ok(())
    }
}
