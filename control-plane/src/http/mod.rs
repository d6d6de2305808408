//! What all routes share: who asks, problems, pages, and what stands in front of every handler.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod context;
pub(crate) mod documents;
pub(crate) mod extract;
pub(crate) mod frame;
pub(crate) mod guard;
pub(crate) mod idempotency;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod rate;
mod refusals;
pub(crate) mod request_id;
pub(crate) mod revision;
pub(crate) mod sse;
pub(crate) mod time;

pub(crate) use context::{Context, Tenant};
pub(crate) use page::{Page, Paging};
pub(crate) use problem::Problem;
