//! API keys of an organization: made, shown once, listed and revoked.

pub mod model;
pub(crate) mod routes;
mod store;
