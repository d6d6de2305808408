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
        }
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
