//! People and organizations: how people come in, what they may do, and what stays others'.

mod access;
mod account;
mod elsewhere;
mod letters;
mod lost_second_step;
mod mail_server;
mod oidc;
mod oidc_provider;
mod organizations;
mod second_step;
mod signing_in;
mod tenancy;
