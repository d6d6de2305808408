//! What every part of Prompt Pilot agrees on, without I/O: the endpoint definition, the template
//! environment, model abilities and prices, and the call record.
//!
//! Light on purpose: this crate is linked into every deployed function.

pub mod definition;
pub mod deployment;
pub mod model;
pub mod record;
pub mod template;
pub mod units;

pub use definition::Definition;
