//! Instants as the service writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const MODIFIED: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
const URL_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
const LOG_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const EVENT_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const LOG_STREAM_DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]/[month]/[day]");

fn formatted(format: &[BorrowedFormatItem<'_>]) -> String {
    // These formats name components that every date has, so formatting cannot fail.
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}

/// `LastModified` of a function.
pub(crate) fn last_modified() -> String {
    formatted(MODIFIED)
}

/// `CreationTime` and `LastModifiedTime` of a URL.
pub(crate) fn url_time() -> String {
    formatted(URL_TIME)
}

/// The time of a line of output.
pub(crate) fn log_time() -> String {
    formatted(LOG_TIME)
}

/// `requestContext.time` of a URL event.
pub(crate) fn event_time() -> String {
    formatted(EVENT_TIME)
}

/// The day in a log stream's name.
pub(crate) fn log_stream_day() -> String {
    formatted(LOG_STREAM_DAY)
}

/// Milliseconds since 1970.
pub(crate) fn epoch_millis(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis()
}

/// Seconds since 1970, to the millisecond.
pub(crate) fn epoch_seconds(time: SystemTime) -> f64 {
    epoch_millis(time) as f64 / 1000.0
}
