//! Lambda's REST API.

mod absent;
mod account;
mod aliases;
mod code;
mod code_signing;
mod concurrency;
mod configuration;
pub(crate) mod error;
mod event_config;
mod event_stream;
mod functions;
mod invoke;
mod page;
mod permissions;
mod provisioned;
mod request;
mod route;
mod runtimes;
mod shape;
mod stream;
mod tags;
mod urls;
mod variables;
mod versions;

pub(crate) use route::{handle, is_call};
