//! Where words go: results to stdout, as text or JSON; everything else to stderr.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// What a command found out, in its two coats. `Display` is the text coat and ends in a newline.
pub(crate) trait Outcome: Serialize + Display {}
impl<T: Serialize + Display> Outcome for T {}

/// The coat that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// The result of a command, once, at its end.
    pub(crate) fn result(self, outcome: &impl Outcome) {
        if self.json {
            self.line(outcome);
        } else {
            write_out(&format!("{outcome}"));
        }
    }

    /// One item of a result that goes on, such as a followed log: a line of text or of JSON.
    pub(crate) fn item(self, outcome: &impl Outcome) {
        if self.json {
            write_out(&format!("{}\n", serde_json::json!(outcome)));
        } else {
            write_out(&format!("{outcome}"));
        }
    }

    /// Text as it is, with neither coat.
    pub(crate) fn raw(self, text: &str) {
        write_out(text);
    }

    fn line(self, outcome: &impl Serialize) {
        let text = serde_json::to_string_pretty(outcome).unwrap_or_default();
        write_out(&format!("{text}\n"));
    }
}

/// One line for the reader of stderr.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A reader that went away (`| head`) is no failure of ours.
fn write_out(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Whether a person looks at stderr.
pub(crate) fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
}
