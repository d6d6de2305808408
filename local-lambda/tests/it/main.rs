//! Everything that drives a whole host, in one program: linking is what a test file costs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod bad_functions;
mod binary;
mod calls;
mod common;
mod events;
mod judges;
mod kill;
mod lifecycle;
mod operations;
mod output;
mod packages;
mod recorded;
mod recorded_table;
mod round_trip;
mod sandbox;
mod scaling;
mod urls;
