//! What the runtime does, seen from outside: one program, so that what is shared is compiled and linked once.
#![allow(clippy::unwrap_used, reason = "tests")]

mod chaos;
mod chat;
mod endpoint;
mod guards;
mod hostile;
mod keys;
mod listen;
mod provider_judges;
mod providers;
mod providers_over_http;
mod spans;
mod streaming;
mod suite;
mod suite_over_http;
mod support;
