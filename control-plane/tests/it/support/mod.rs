//! What the tests share: a database of one's own, and a whole system on free ports.

pub(crate) mod database;
pub(crate) mod follow;
pub(crate) mod person;
pub(crate) mod pilot;
pub(crate) mod records;
pub(crate) mod replica;

/// Errors of tests.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome = Result<(), Failure>;
