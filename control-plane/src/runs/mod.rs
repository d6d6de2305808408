//! Prompts run live, without an endpoint: what a person tries, side by side with others.

pub(crate) mod credential;
mod events;
pub mod model;
pub(crate) mod prepare;
pub(crate) mod routes;
pub(crate) mod variant;
