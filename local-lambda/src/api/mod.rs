//! Lambda's REST API.

mod account;
mod aliases;
mod code;
mod concurrency;
mod configuration;
pub(crate) mod error;
mod event_config;
mod event_stream;
mod functions;
mod invoke;
mod page;
mod permissions;
mod request;
mod route;
mod shape;
mod stream;
mod tags;
mod urls;
mod variables;
mod versions;

pub(crate) use route::{handle, is_call};
