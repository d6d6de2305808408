//! The target: Lambda's API, AWS's or another's at the same address form. One client for both.

pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod invoke;
pub(crate) mod name;
pub(crate) mod policy;
pub(crate) mod prelude;
pub(crate) mod settle;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_lambda::{
    Client,
    config::{
        BehaviorVersion, Region, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

pub(crate) use error::LambdaError;

use crate::settings::LambdaTarget;

/// The alias that callers reach.
pub(crate) const ALIAS: &str = "live";

/// A client for a target. Makes no request.
pub(crate) fn client(target: &LambdaTarget) -> Client {
    let credentials = Credentials::new(
        &target.access_key_id,
        target.secret_access_key.expose(),
        target.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "promptpilot",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(120))
        .build();
    let mut config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .region(Region::new(target.region.clone()))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts)
        // A model may think for a minute before its first byte.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(url) = &target.endpoint_url {
        config = config.endpoint_url(url);
    }
    Client::from_conf(config.build())
}
