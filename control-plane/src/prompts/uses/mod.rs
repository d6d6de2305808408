//! Which endpoints use a prompt, and which API keys name it.

pub(crate) mod store;
