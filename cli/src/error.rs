//! What went wrong and how to mend it, as two values: the message first, the hint after the causes.

use std::error::Error;
use std::fmt;

/// Exit codes scripts can rely on. `docs/cli.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was tried and did not work.
    Failed,
    /// The command line or a definition is wrong; nothing was tried.
    Usage,
    /// A plan with `--detailed-exitcode` has changes.
    Changes,
    /// No server answered.
    Unreachable,
    /// Told to end at once.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            // The second is what others' plans exit with.
            Self::Usage | Self::Changes => 2,
            Self::Unreachable => 3,
            Self::Interrupted => 130,
        }
    }
}

/// An error type that knows how its reader gets on.
pub(crate) trait Hint: Error {
    /// What to do about it.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Which exit code it deserves.
    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// The end of a command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Printed after `error:`; empty where everything has been said already.
    pub(crate) message: String,
    /// What led to it, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The process's exit code.
    pub(crate) exit: Exit,
}

impl Failure {
    /// Something that was tried and failed.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, exit: Exit::Failed }
    }

    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// A failure whose explanation has been printed already.
    pub(crate) fn told(exit: Exit) -> Self {
        Self { exit, ..Self::new("") }
    }

    /// With a way out.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what led to it.
    pub(crate) fn caused_by(mut self, error: &(dyn Error + 'static)) -> Self {
        self.causes = chain(Some(error));
        self
    }
}

impl<E: Hint> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            message: error.to_string(),
            causes: chain(error.source()),
            hint: error.hint(),
            exit: error.exit(),
        }
    }
}

/// The messages of an error and all that led to it. A wrapper that repeats its cause's text is
/// told once.
fn chain(mut next: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    while let Some(error) = next {
        let text = error.to_string();
        if !causes.iter().any(|told| told.contains(&text)) {
            causes.push(text);
        }
        next = error.source();
    }
    causes
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::style::{ERROR, HINT};
        if !self.message.is_empty() {
            writeln!(f, "{ERROR}error{ERROR:#}: {}", self.message)?;
        }
        for cause in &self.causes {
            writeln!(f, "  caused by: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{HINT}hint{HINT:#}: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not read the ports")]
    struct Outer(#[source] std::io::Error);

    impl Hint for Outer {
        fn hint(&self) -> Option<String> {
            Some("delete `ports.json`".to_owned())
        }
    }

    #[test]
    fn an_error_is_told_with_its_cause_and_its_hint() {
        let failure = Failure::from(Outer(std::io::Error::other("permission denied")));
        let plain = anstream::adapter::strip_str(&failure.to_string()).to_string();
        assert_eq!(
            plain,
            "error: could not read the ports\n  caused by: permission denied\nhint: delete `ports.json`\n"
        );
        assert_eq!(failure.exit, Exit::Failed);
    }
}
