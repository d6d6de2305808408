//! What cargo says with `--message-format json`, one line each.

use serde::Deserialize;

use super::Diagnostic;

/// A message, as far as we read it.
#[derive(Debug)]
pub(super) enum Message {
    /// A crate is compiled.
    Compiled {
        /// The crate.
        name: String,
        /// The program, where it is one.
        executable: Option<String>,
    },
    /// rustc refuses something.
    Error {
        /// What it says.
        diagnostic: Diagnostic,
    },
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    target: Option<Target>,
    executable: Option<String>,
    message: Option<RustcMessage>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct RustcMessage {
    level: String,
    message: String,
    rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    is_primary: bool,
}

/// Reads a line; `None` for what does not matter here.
pub(super) fn read(line: &str) -> Option<Message> {
    let line: Line = serde_json::from_str(line).ok()?;
    let target = line.target?;
    match &*line.reason {
        "compiler-artifact" if !target.kind.iter().any(|kind| kind == "custom-build") => {
            Some(Message::Compiled { name: target.name, executable: line.executable })
        }
        "compiler-message" => {
            let message = line.message.filter(|message| message.level == "error")?;
            let span = message.spans.iter().find(|span| span.is_primary);
            let file = span.map_or("", |span| &span.file_name);
            // Paths begin at the workspace; the crate's own begin at the crate.
            let inner =
                file.split_once(&format!("{}/", target.name)).map_or(file, |(_, rest)| rest);
            Some(Message::Error {
                diagnostic: Diagnostic {
                    file: inner.to_owned(),
                    line: span.map_or(0, |span| span.line_start),
                    rendered: message.rendered.unwrap_or_else(|| message.message.clone()),
                    message: message.message,
                    crate_name: target.name,
                },
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_its_place_in_the_crate() {
        let line = r#"{"reason":"compiler-message","target":{"name":"endpoint-a","kind":["bin"]},
            "message":{"level":"error","message":"mismatched types","rendered":"error: …",
            "spans":[{"file_name":"endpoints/endpoint-a/src/main.rs","line_start":7,"is_primary":true}]}}"#;
        let Some(Message::Error { diagnostic }) = read(line) else { panic!("no error") };
        assert_eq!((&*diagnostic.file, diagnostic.line), ("src/main.rs", 7));
        assert_eq!(diagnostic.crate_name, "endpoint-a");
    }

    #[test]
    fn other_lines_are_passed_over() {
        for line in ["", "x", "{}", r#"{"reason":"build-finished","success":true}"#] {
            assert!(read(line).is_none());
        }
    }
}
