//! Who serves models. Each provider is a file without I/O behind one trait.

/// A provider of models.
pub trait Provider: std::fmt::Debug + Sync {}
