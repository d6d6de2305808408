//! Prompts: named texts with versions, and labels that point at versions.

pub(crate) mod check;
pub(crate) mod content;
pub(crate) mod diff;
pub mod labels;
pub mod library;
pub mod model;
mod rename;
pub(crate) mod resolve;
pub(crate) mod routes;
mod save;
pub(crate) mod store;
pub mod transfer;
mod uses;
pub(crate) mod versions;
