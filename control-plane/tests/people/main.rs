//! People and organizations: how people come in, what they may do, and what stays others'.
#![allow(clippy::unwrap_used)]

mod access;
mod account;
mod letters;
mod mail_server;
mod organizations;
mod second_step;
mod signing_in;
#[path = "../support/mod.rs"]
mod support;
mod tenancy;
