//! The audit log: what was done in an organization, by whom, from where. Triggers of the database
//! write it; here it is only read, and told who acts.

mod actor;
pub mod model;
pub(crate) mod routes;
mod store;

pub(crate) use self::actor::{Actor, Sender};
