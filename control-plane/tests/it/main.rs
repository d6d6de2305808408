//! The control plane, seen from outside: one program, so that what is shared is compiled and linked once.
#![allow(clippy::unwrap_used)]
#![recursion_limit = "256"]

mod api;
mod audit;
mod boundaries;
mod calls;
mod credentials;
mod environments;
mod events;
mod execution;
mod frame;
mod guards;
mod ingest;
mod judges;
mod keys;
mod people;
mod pipeline;
mod prompt_references;
mod prompt_renames;
mod prompts;
mod reading;
mod recovery;
mod runs;
mod schema;
mod state;
mod support;
