//! The system's state.

pub mod model;
pub(crate) mod routes;
pub(crate) mod store;
