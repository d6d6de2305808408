//! A function's own words, one JSON line each on standard error, `PROMPTPILOT_LOG` and above.
//! What happened in a call is in its record; this is for what surprised us.

use std::{
    io::Write,
    sync::atomic::{AtomicU8, Ordering},
};

use serde_json::json;

/// The variable that sets the level.
pub(crate) const LEVEL_VARIABLE: &str = "PROMPTPILOT_LOG";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warn as u8);

/// `off`, `error`, `warn` or `info`; `debug` and `trace` are the same as `info`.
pub(crate) fn set_level(text: &str) -> Result<(), String> {
    let level = match text {
        "off" => Level::Off,
        "error" => Level::Error,
        "warn" => Level::Warn,
        "info" | "debug" | "trace" => Level::Info,
        _ => return Err(format!("`{text}` is no level: give off, error, warn or info")),
    };
    LEVEL.store(level as u8, Ordering::Relaxed);
    Ok(())
}

/// Writes a line where the level asks for it.
pub(crate) fn log(level: Level, message: &str) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let level = match level {
        Level::Off => return,
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
    };
    let mut line =
        json!({ "kind": "promptpilot.log", "level": level, "message": message }).to_string();
    line.push('\n');
    // Nothing is left to tell of a log that cannot be written.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// Makes panics one line too. They are caught where the call is.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        log(Level::Error, &format!("panicked at {place}: {message}"));
    }));
}
