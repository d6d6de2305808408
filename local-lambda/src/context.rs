//! What every request handler needs.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::auth::Credentials;
use crate::events::Events;
use crate::registry::Registry;
use crate::s3::S3;
use crate::store::{CodeStore, Secrets};

/// The host as its handlers see it.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) address: SocketAddr,
    /// `https` where it has a certificate.
    pub(crate) scheme: &'static str,
    /// What function URLs begin with, where that is not where clients find this host.
    pub(crate) public_url: Option<String>,
    pub(crate) region: String,
    pub(crate) credentials: Credentials,
    /// Whether the REST API asks for signatures.
    pub(crate) auth: bool,
    pub(crate) registry: Registry,
    pub(crate) events: Events,
    pub(crate) code: Arc<CodeStore>,
    pub(crate) secrets: Arc<Secrets>,
    /// Where code may come from, beside requests.
    pub(crate) s3: Option<S3>,
    /// Part of the download addresses of packages, new at each start.
    pub(crate) download_token: String,
}

impl Context {
    /// Where clients find this host.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Where callers find function URLs.
    pub(crate) fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| self.endpoint())
    }
}
