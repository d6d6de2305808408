//! The models that are known: what they cost, what they can do, and whether there is a key for them.

pub mod model;
pub(crate) mod routes;
