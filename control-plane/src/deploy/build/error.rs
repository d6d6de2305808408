//! What keeps something from being built, and whose matter it is.

use std::{fmt, io, time::Duration};

/// What rustc says about a generated crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The crate.
    pub crate_name: String,
    /// The file in the crate.
    pub file: String,
    /// The line in the file, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The same as rustc prints it.
    pub rendered: String,
}

/// Why something was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No cargo or no rustc.
    #[error("no Rust compiler was found: {0}")]
    NoCompiler(String),
    /// rustc finds no linker.
    #[error("the Rust compiler finds no linker `cc`")]
    NoLinker,
    /// Another instruction set needs more than this machine has.
    #[error("this machine cannot build for another architecture: {0}")]
    NoCrossCompiler(&'static str),
    /// No space left.
    #[error("there is no space left on the disk that holds the builds")]
    DiskFull,
    /// It took too long and was stopped.
    #[error("the build was stopped after {} s", .0.as_secs())]
    Timeout(Duration),
    /// It needed more memory than it may have.
    #[error("the build needed more memory than it may have")]
    Memory,
    /// Somebody asked to stop.
    #[error("the build was cancelled")]
    Cancelled,
    /// rustc refused a generated crate. The check should have found it: it is our mistake.
    #[error("the generated code does not compile: {}", First(.0))]
    Refused(Vec<Diagnostic>),
    /// Crates are missing that the runtime needs.
    #[error("the crates that the runtime needs could not be fetched: {0}")]
    Fetch(String),
    /// cargo failed in another way.
    #[error("cargo failed: {0}")]
    Cargo(String),
    /// A file could not be written or read, a process not started.
    #[error("could not {attempted}")]
    Io {
        /// What was tried.
        attempted: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

struct First<'a>(&'a [Diagnostic]);

impl fmt::Display for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.first().map_or("no message", |diagnostic| &diagnostic.message))
    }
}

impl BuildError {
    /// Says what was attempted; for `map_err`.
    pub(super) fn io(attempted: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io { attempted: attempted.into(), source },
        }
    }

    /// How to mend it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoCompiler(_) => {
                Some("install Rust from https://rustup.rs, or put cargo and rustc on PATH")
            }
            Self::NoLinker => {
                Some("install a C toolchain (Debian, Ubuntu: `apt-get install gcc libc6-dev`)")
            }
            Self::NoCrossCompiler(_) => Some(
                "run `pip install cargo-lambda ziglang` and `rustup target add \
                 aarch64-unknown-linux-gnu`, or leave out `deploy.architecture`",
            ),
            Self::DiskFull => Some("make room there, or use another data directory"),
            Self::Timeout(_) => Some("try again, or raise the build's time limit"),
            Self::Memory => Some("raise the build's memory limit"),
            Self::Fetch(_) => Some(
                "the first build downloads them once: check the network, and cargo's settings \
                 for proxies and mirrors",
            ),
            Self::Refused(_) | Self::Cargo(_) => {
                Some("this is a mistake of Prompt Pilot's, not of the definition; please report it")
            }
            Self::Cancelled | Self::Io { .. } => None,
        }
    }

    /// What cargo's own words on failing mean.
    pub(super) fn from_cargo(stderr: &str) -> Self {
        let says = |text: &str| stderr.contains(text);
        if says("No space left on device") || says("os error 28") {
            Self::DiskFull
        } else if says("linker `cc` not found") || says("linker `cc`: No such file") {
            Self::NoLinker
        } else if says("no such command: `lambda`") {
            Self::NoCrossCompiler("cargo-lambda is not installed")
        } else if says("can't find crate for `core`") || says("target may not be installed") {
            Self::NoCrossCompiler("the compiler has no such target")
        } else if says("memory allocation of")
            || says("Cannot allocate memory")
            || says("std::bad_alloc")
            || says("LLVM ERROR: out of memory")
        {
            Self::Memory
        } else {
            Self::Cargo(tail(stderr))
        }
    }
}

/// The lines that matter of what cargo printed last.
fn tail(stderr: &str) -> String {
    let errors: Vec<&str> =
        stderr.lines().skip_while(|line| !line.starts_with("error")).take(12).collect();
    let lines = if errors.is_empty() {
        let all: Vec<&str> = stderr.lines().collect();
        all[all.len().saturating_sub(6)..].join("\n")
    } else {
        errors.join("\n")
    };
    if lines.is_empty() { "it gave no reason".to_owned() } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_words_are_understood() {
        let of = BuildError::from_cargo;
        assert!(matches!(
            of("error: failed to write: No space left on device (os error 28)"),
            BuildError::DiskFull
        ));
        assert!(matches!(of("error: linker `cc` not found"), BuildError::NoLinker));
        assert!(matches!(of("error: no such command: `lambda`"), BuildError::NoCrossCompiler(_)));
        assert!(matches!(of("memory allocation of 1048576 bytes failed"), BuildError::Memory));
        let other = of("   Compiling x\nerror: no matching package named `y` found\nlocation: z\n");
        assert_eq!(
            other.to_string(),
            "cargo failed: error: no matching package named `y` found\nlocation: z"
        );
    }
}
