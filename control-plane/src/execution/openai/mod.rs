//! What clients of OpenAI's API send, answered by prompts: the model is a prompt's version.

mod chunks;
pub(crate) mod errors;
pub mod model;
mod models;
mod request;
pub(super) mod routes;

/// What the names of our models begin with.
const PREFIX: &str = "prompt:";
