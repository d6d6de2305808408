//! What every part of Prompt Pilot agrees on, without I/O: the endpoint definition, the template
//! environment, what providers and models take and cost, API keys, and the call record.
//!
//! Light on purpose: this crate is linked into every deployed function.

pub mod definition;
pub mod deployment;
pub mod key;
pub mod model;
pub mod provider;
pub mod record;
pub mod state;
pub mod template;
pub mod units;

pub use definition::Definition;
