//! The call log: what functions wrote down of each call.

pub mod ingest;
pub(crate) mod routes;
pub(crate) mod store;
