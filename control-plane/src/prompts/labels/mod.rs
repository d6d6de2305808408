//! Labels of prompts: names that point at versions, and who may move them.

pub mod model;
pub(crate) mod routes;
pub(crate) mod store;
