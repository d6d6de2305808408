//! Endpoints and their versions.

pub(crate) mod check;
pub(crate) mod draft;
pub mod model;
pub(crate) mod routes;
pub mod snippets;
pub(crate) mod store;
pub(crate) mod trial;
