//! Sources become a bootstrap.

/// How far the builder's warm-up is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Looks for what is there.
    Preparing,
    /// Downloads crates.
    Fetching,
    /// Compiles crates, so many of so many.
    Compiling {
        /// Compiled so far.
        done: usize,
        /// To compile in all.
        total: usize,
        /// The crate that was just compiled.
        current: String,
    },
    /// Ready.
    Ready,
}

/// Why something was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No cargo, or no linker.
    #[error("no Rust compiler was found")]
    NoCompiler,
}
