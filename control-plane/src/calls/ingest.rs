//! What functions wrote to their output becomes rows.

/// A line of a function's output, with what the platform says about where it came from.
#[derive(Debug, Clone)]
pub struct EnvelopeLine {
    /// The function's name.
    pub function: String,
    /// The function's numbered version.
    pub version: String,
    /// The line.
    pub text: String,
}

/// What became of a number of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Calls that are new.
    pub new: usize,
    /// Calls that were known already.
    pub known: usize,
    /// Records that could not be read or belong to no deployment.
    pub malformed: usize,
    /// Lines that are no records: what a function printed.
    pub other: usize,
}

/// Why lines could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The database did not take them.
    #[error("could not save call records")]
    Database(#[source] sqlx::Error),
}
