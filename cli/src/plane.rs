//! The control plane as this binary starts it: its settings, and its listener.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use local_lambda::Host;
use promptpilot_control_plane::{
    AdoptError, ConnectError, LambdaTarget, MigrateError, Secret, SecretKey, SecretToken, Settings,
};
use promptpilot_spec::deployment::PRIVATE_ADDRESSES_VARIABLE;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::error::Hint;

/// Functions of one machine have a region all the same.
pub(crate) const REGION: &str = "local-1";

/// Variables that carry provider keys begin so.
const KEY_PREFIX: &str = "PROMPTPILOT_KEY_";

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
        endpoint_url: Some(format!("http://{}", host.address())),
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

/// Answers requests until `shutdown`.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let drained = {
        let shutdown = shutdown.clone();
        async move { shutdown.cancelled_owned().await }
    };
    // Handlers learn where a request comes from.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(drained).into_future();
    tokio::pin!(server);
    tokio::select! {
        outcome = &mut server => outcome,
        () = shutdown.cancelled() => timeout(DRAIN, server).await.unwrap_or(Ok(())),
    }
}
