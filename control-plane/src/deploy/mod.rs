//! From a definition to a live URL.

pub mod build;
pub mod model;
