//! What all routes share: who asks, problems, pages, and what stands in front of every handler.

pub(crate) mod body;
pub(crate) mod context;
pub(crate) mod extract;
pub(crate) mod guard;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod request_id;
pub(crate) mod sse;

pub(crate) use context::Context;
pub(crate) use page::{Page, Paging};
pub(crate) use problem::Problem;
