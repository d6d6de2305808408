//! From a definition to a live URL: check, generate, build, publish, verify, go live.
//!
//! A request is accepted as one batch (`accept`), a worker claims it (`queue`) and drives its
//! deployments through the stages (`batch`), each in a file named after it. A stage may run twice
//! at any time: a worker can be killed at any instant, and another goes on.

pub(crate) mod accept;
pub(crate) mod batch;
pub mod build;
pub(crate) mod check;
pub(crate) mod fingerprint;
pub(crate) mod generate;
pub(crate) mod job;
pub(crate) mod live;
pub mod model;
pub mod plan;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod release;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod variables;
mod verify;
