//! Organizations and the people in them.

pub(crate) mod store;
