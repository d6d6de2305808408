//! What changes in an organization, as it changes: triggers write each change down in its own
//! transaction (`migrations/0017_events.sql`), and whoever follows reads it from there, in an order in
//! which nothing is overlooked and nothing comes twice.

pub mod model;
mod position;
pub(crate) mod routes;
pub(crate) mod store;
mod stream;
mod tail;
mod together;

pub(crate) use self::tail::{Tail, run as watch};
