//! The state service: what deployed functions ask on one machine, where DynamoDB is too far. Where
//! they ask DynamoDB, the copy of the keys that they find there.
//!
//! A function asks the service as its deployment, with that deployment's token. The organization is the
//! deployment's own and never what a request says.

mod admit;
mod asker;
mod budget;
mod calls;
pub(crate) mod mirror;
pub(crate) mod reconcile;
pub(crate) mod routes;
mod store;

pub(crate) use admit::{count, finish_call, first_call};
pub(crate) use asker::Deployments;
pub(crate) use budget::give as reserve;
pub(crate) use store::forget;
