//! Which endpoints use a prompt.

pub(crate) mod store;
