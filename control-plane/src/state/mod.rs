//! The state service: what deployed functions ask on one machine, where DynamoDB is too far.
//!
//! A function asks as its deployment, with that deployment's token. The organization is the
//! deployment's own and never what a request says.

mod admit;
mod asker;
mod budget;
mod calls;
pub(crate) mod routes;
mod store;

pub(crate) use asker::Deployments;
pub(crate) use store::forget;
