//! The whole system, started for real and used from outside.

#![allow(clippy::unwrap_used)]

mod apart;
mod bad_input;
mod command_line;
mod examples;
mod export;
mod functions;
mod keys;
mod kills;
mod people;
mod prompts;
mod providers;
mod records;
mod requests;
mod restarts;
mod secrets;
mod telemetry;
mod texts;
mod upkeep;
mod worker_kills;
