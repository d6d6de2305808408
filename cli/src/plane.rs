//! The control plane as this binary starts it: its settings, and its listener.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use local_lambda::Host;
use promptpilot_control_plane::{
    AdoptError, ConnectError, LambdaTarget, MigrateError, Rates, Secret, SecretKey, SecretToken,
    Settings,
};
use promptpilot_spec::deployment::PRIVATE_ADDRESSES_VARIABLE;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::error::Hint;
use crate::tls::{self, Identity};

/// Functions of one machine have a region all the same.
pub(crate) const REGION: &str = "local-1";

/// Variables that carry provider keys begin so.
const KEY_PREFIX: &str = "PROMPTPILOT_KEY_";

/// Requests a minute with one token, where nothing else is said and others than this machine ask.
pub(crate) const RATE: NonZeroU32 = NonZeroU32::new(1200).unwrap();

/// Several people may sit behind one address.
const TWICE: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// How often callers may ask.
pub(crate) fn rates(token: NonZeroU32) -> Rates {
    Rates { token, address: token.saturating_mul(TWICE) }
}

/// How long open requests may go on after the end was asked for. Event streams never end by themselves.
const DRAIN: Duration = Duration::from_secs(1);

impl Hint for ConnectError {}

impl Hint for AdoptError {
    fn hint(&self) -> Option<String> {
        Some("start with the secret key that the database was used with before".to_owned())
    }
}

impl Hint for MigrateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Connect(_) => {
                Some("check `DATABASE_URL`, and whether the server runs".to_owned())
            }
            _ => None,
        }
    }
}

/// Settings for one machine: functions run on `host`.
pub(crate) fn local(
    data: &Path,
    database_url: &str,
    host: &Host,
    key: SecretKey,
    token: SecretToken,
) -> Settings {
    let credentials = host.credentials();
    let target = LambdaTarget {
        endpoint_url: Some(format!("http://{}", reachable(host.address()))),
        region: REGION.to_owned(),
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: Secret::from(credentials.secret_access_key()),
        session_token: None,
        role_arn: "arn:aws:iam::000000000000:role/promptpilot".to_owned(),
    };
    let mut settings = Settings::new(database_url, data, target, key);
    settings.private_addresses = private_addresses();
    settings.token = Some(token);
    settings
}

/// Where something that listens is reached from this machine: all of its addresses have a loopback one.
pub(crate) fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// Provider keys of our own environment.
pub(crate) fn keys() -> BTreeMap<String, Secret> {
    env::vars()
        .filter(|(name, value)| name.starts_with(KEY_PREFIX) && !value.is_empty())
        .map(|(name, value)| (name, Secret::from(value)))
        .collect()
}

/// Whether functions may call private addresses; only `deny` keeps them from it.
pub(crate) fn private_addresses() -> bool {
    env::var(PRIVATE_ADDRESSES_VARIABLE).as_deref() != Ok("deny")
}

/// Answers requests until `shutdown`. Handlers learn where a request comes from.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service);
    drain(server.with_graceful_shutdown(shutdown.clone().cancelled_owned()), shutdown).await
}

/// The same over TLS, where there is a certificate.
pub(crate) async fn serve_site(
    listener: TcpListener,
    identity: Option<Identity>,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let Some(identity) = identity else { return serve(listener, router, shutdown).await };
    let listener = tls::Listener::new(listener, identity)?;
    let router = router.layer(map_request(async |mut request: Request| {
        if let Some(ConnectInfo(tls::Peer(peer))) = request.extensions().get().copied() {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }));
    let service = router.into_make_service_with_connect_info::<tls::Peer>();
    let server = axum::serve(listener, service);
    drain(server.with_graceful_shutdown(shutdown.clone().cancelled_owned()), shutdown).await
}

async fn drain(
    server: impl IntoFuture<Output = io::Result<()>>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let server = server.into_future();
    tokio::pin!(server);
    tokio::select! {
        outcome = &mut server => outcome,
        () = shutdown.cancelled() => timeout(DRAIN, server).await.unwrap_or(Ok(())),
    }
}
