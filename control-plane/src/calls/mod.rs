//! The call log.

pub mod ingest;
