//! How a host is to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a host is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where functions, their code and their output are kept.
    pub data: PathBuf,
    /// The key that environment values are encrypted with, made if it is not there. It belongs
    /// outside of `data`; the API's keys are kept beside it.
    pub key_file: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The region in ARNs and signatures.
    pub region: String,
    /// Whether requests to the REST API must be signed.
    pub auth: bool,
    /// What happens to a call whose client goes away.
    pub disconnect: Disconnect,
    /// The certificate for TLS connections, beside which plain ones are still answered.
    pub tls: Option<Tls>,
    /// What function URLs begin with where callers reach them by another address than is listened at,
    /// such as `https://run.example.com`.
    pub public_url: Option<String>,
    /// Where code in S3 is, such as `http://KEY:SECRET@127.0.0.1:9000`; this host's own keys sign
    /// where none are given.
    pub s3_endpoint: Option<String>,
}

impl Settings {
    /// A host of this machine alone, at a free port, that asks for signatures.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            key_file: key_file.into(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            region: "us-east-1".to_owned(),
            auth: true,
            disconnect: Disconnect::default(),
            tls: None,
            public_url: None,
            s3_endpoint: None,
        }
    }

    /// Where a self-made certificate is kept, for clients that are to trust it.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.key_file.with_extension("crt")
    }
}

/// What happens to a call whose client goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Disconnect {
    /// Nothing, as on the service: the function runs on.
    #[default]
    Ignore,
    /// A call that still waits is dropped, and a function that streams finds its connection closed.
    Propagate,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Made at the first start, for `localhost` and the names of function URLs.
    SelfMade,
    /// Given, in PEM.
    Given {
        /// The certificate, and those that it was signed with.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}
