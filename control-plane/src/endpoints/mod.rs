//! Endpoints and their versions.

pub mod model;
