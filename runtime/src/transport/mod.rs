//! What carries requests to providers. Each provider names its own, so that what no provider of a
//! function names is not linked into it.

mod aws;
mod guard;
mod http;

use ::http::HeaderMap;
use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream};

pub(crate) use self::aws::send as send_signed;
pub use self::{
    aws::{AWS, AwsKeys},
    http::{HTTP, Http, deny_private_addresses},
};
use crate::provider::{Failure, Request};

/// Carries a request to a provider and its answer back.
pub trait Transport: Sync {
    /// Sends it. The answer's body comes as it arrives.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Failure>>;
}

/// The head of an answer, and its body to come.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body in pieces.
    pub body: BoxStream<'static, Result<Bytes, Failure>>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}
