//! Figures as people write them.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

/// `0.71 s`, `12 ms`, `2 min 5 s`.
pub(crate) fn span(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0..100 => format!("{ms} ms"),
        100..60_000 => format!("{:.2} s", duration.as_secs_f64()),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// `span` of milliseconds as the API gives them.
pub(crate) fn span_ms(ms: i64) -> String {
    span(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// `2026-11-25 08:00:00.000`, in UTC.
pub(crate) fn clock(time: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");
    time.format(format).unwrap_or_default()
}

/// `3 min ago`.
pub(crate) fn ago(time: OffsetDateTime) -> String {
    let seconds = (OffsetDateTime::now_utc() - time).whole_seconds().max(0);
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// A word that a shell takes as it is.
pub(crate) fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_fitting_unit() {
        let said: Vec<String> =
            [0, 99, 100, 710, 59_999, 125_000].map(Duration::from_millis).map(span).into();
        assert_eq!(said, ["0 ms", "99 ms", "0.10 s", "0.71 s", "60.00 s", "2 min 5 s"]);
    }

    #[test]
    fn shell_words_hold_anything() {
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
