//! The server's HTTP API, as the commands use it.

mod client;
mod problem;
mod stream;
mod types;

pub(crate) use client::Client;
pub(crate) use problem::ApiError;
pub(crate) use stream::Events;
pub(crate) use types::*;
