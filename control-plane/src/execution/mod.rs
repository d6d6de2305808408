//! Prompts executed with API keys, for programs: by a request of our own (`/v1/prompts/…/execute`), and by
//! one that clients of OpenAI's API send (`openai/`).
//!
//! Guarded as a deployed endpoint is: by the key and what it opens, and by a rate. Each request with a key
//! that is known leaves one record in the call log, whatever becomes of it.

mod answer;
mod call;
mod caller;
pub mod model;
pub mod openai;
mod prepare;
mod rate;
mod repeat;
pub(crate) mod routes;
mod run;
mod store;
mod stream;

pub(crate) use caller::{KeyCaller, RecentKeys};
pub(crate) use prepare::RecentResolutions;
