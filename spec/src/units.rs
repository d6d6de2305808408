//! Quantities as people write them: `"30s"`, `"256KiB"`, `"60/minute"`, `"20 USD/day"`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// Text that is not such a quantity; says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct UnitError {
    text: String,
    expected: &'static str,
}

/// A quantity that is written as text everywhere: in TOML, in JSON, in the schema.
macro_rules! written_as_text {
    ($type:ident, $pattern:literal) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "description": $type::EXPECTED,
                })
            }
        }

        impl $type {
            fn refused(text: &str) -> UnitError {
                UnitError { text: text.to_owned(), expected: Self::EXPECTED }
            }
        }
    };
}

/// Splits `12.5ms` into its number and what follows.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

/// A length of time, kept in milliseconds: `500ms`, `30s`, `10m`, `1h`, `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

impl Duration {
    const EXPECTED: &str = "a duration such as \"500ms\", \"30s\", \"10m\", \"1h\" or \"1d\"";
    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// Whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// In seconds, rounded up.
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

written_as_text!(Duration, r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$");

impl FromStr for Duration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split_number(text).ok_or_else(|| Self::refused(text))?;
        let (_, factor) = Self::UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| Self::refused(text))?;
        let millis = number * *factor as f64;
        if !(0.0..=u64::MAX as f64 / 2.0).contains(&millis) {
            return Err(Self::refused(text));
        }
        Ok(Self(millis.round() as u64))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, factor) = Self::UNITS
            .iter()
            .find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor))
            .unwrap_or(&("s", 1000));
        write!(f, "{}{name}", self.0 / factor)
    }
}

/// A number of bytes: `64KiB`, `1MiB`, `500kB`, `2MB`, `100B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

impl Bytes {
    const EXPECTED: &str = "a size such as \"256KiB\", \"1MiB\", \"500kB\" or \"2MB\"";
    const UNITS: [(&str, u64); 7] = [
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1000),
        ("B", 1),
    ];

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// From the number itself.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }
}

written_as_text!(Bytes, r"^[0-9]+(\.[0-9]+)? ?(B|kB|MB|GB|KiB|MiB|GiB)$");

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split_number(text).ok_or_else(|| Self::refused(text))?;
        let (_, factor) = Self::UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| Self::refused(text))?;
        Ok(Self((number * *factor as f64).round() as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, factor) = Self::UNITS
            .iter()
            .find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor))
            .unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / factor)
    }
}

/// The time that a rate or a budget counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// 1 s.
    Second,
    /// 60 s.
    Minute,
    /// 3,600 s.
    Hour,
    /// 86,400 s.
    Day,
    /// 30 days where it is a length, the calendar's where it is a window.
    Month,
}

impl Period {
    const ALL: [(&str, Self, u64); 5] = [
        ("second", Self::Second, 1),
        ("minute", Self::Minute, 60),
        ("hour", Self::Hour, 3600),
        ("day", Self::Day, 86_400),
        ("month", Self::Month, 30 * 86_400),
    ];

    /// Its length in seconds.
    pub const fn as_secs(self) -> u64 {
        Self::ALL[self as usize].2
    }

    /// The window of time that a moment lies in, both in seconds since 1970. Windows begin in UTC; a
    /// month is the calendar's.
    pub fn window(self, moment: i64) -> (i64, i64) {
        if self == Self::Month {
            return month(moment);
        }
        let length = i64::try_from(self.as_secs()).unwrap_or(i64::MAX);
        let begin = moment - moment.rem_euclid(length);
        (begin, begin.saturating_add(length))
    }

    /// When all windows are over that begin at this moment, of whichever period.
    pub fn all_over(begin: i64) -> i64 {
        let windows = Self::ALL.map(|(_, period, _)| period.window(begin));
        let ends = windows.iter().filter(|(begins, _)| *begins == begin).map(|(_, ends)| *ends);
        ends.max().unwrap_or(begin)
    }

    /// The period that is written so.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == name).map(|(_, period, _)| *period)
    }
}

fn month(moment: i64) -> (i64, i64) {
    let first = |date: Date| date.replace_day(1).unwrap_or(date);
    let date = OffsetDateTime::from_unix_timestamp(moment).map_or(Date::MIN, OffsetDateTime::date);
    let begin = first(date);
    // Any month is over 31 days after its first.
    let next = first(begin.saturating_add(time::Duration::days(31)));
    let seconds = |date: Date| date.midnight().assume_utc().unix_timestamp();
    (seconds(begin), seconds(next))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL[*self as usize].0)
    }
}

/// Calls per time: `60/minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub calls: u32,
    /// In how long.
    pub per: Period,
}

impl Rate {
    const EXPECTED: &str = "a rate such as \"10/second\", \"60/minute\" or \"1000/day\"";
}

written_as_text!(Rate, r"^[0-9]+/(second|minute|hour|day|month)$");

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.split_once('/')
            .and_then(|(calls, per)| {
                Some(Self { calls: calls.trim().parse().ok()?, per: Period::parse(per.trim())? })
            })
            .ok_or_else(|| Self::refused(text))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.calls, self.per)
    }
}

/// Money per time, in whole micro-USD: `20 USD/day`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Millionths of a USD.
    pub micro_usd: u64,
    /// In how long.
    pub per: Period,
}

impl Money {
    const EXPECTED: &str = "an amount per time such as \"20 USD/day\" or \"0.50 USD/hour\"";
}

written_as_text!(Money, r"^[0-9]+(\.[0-9]{1,6})? USD/(second|minute|hour|day|month)$");

impl FromStr for Money {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let parse = || {
            let (amount, per) = text.split_once('/')?;
            let (whole, fraction) = {
                let number = amount.trim().strip_suffix("USD")?.trim();
                number.split_once('.').unwrap_or((number, ""))
            };
            if fraction.len() > 6 {
                return None;
            }
            // Decimal digits and not floating point: money adds up to the last micro-USD.
            let micro: u64 = format!("{fraction:0<6}").parse().ok()?;
            let micro_usd =
                whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micro)?;
            Some(Self { micro_usd, per: Period::parse(per.trim())? })
        };
        parse().ok_or_else(|| Self::refused(text))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micro) = (self.micro_usd / 1_000_000, self.micro_usd % 1_000_000);
        if micro == 0 {
            write!(f, "{whole} USD/{}", self.per)
        } else {
            let fraction = format!("{micro:06}");
            write!(f, "{whole}.{} USD/{}", fraction.trim_end_matches('0'), self.per)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Reads each text and writes it again, as the second of each pair.
    fn written<T: FromStr<Err = UnitError> + fmt::Display>(pairs: &[(&str, &str)]) {
        for (text, again) in pairs {
            let value: T = text.parse().unwrap();
            assert_eq!(value.to_string(), *again);
            assert_eq!(again.parse::<T>().unwrap().to_string(), *again);
        }
    }

    fn refused<T: FromStr<Err = UnitError> + fmt::Debug>(texts: &[&str]) {
        for text in texts {
            let error = text.parse::<T>().unwrap_err().to_string();
            assert!(error.contains("such as"), "{error}");
        }
    }

    #[test]
    fn durations_are_read_and_written() {
        written::<Duration>(&[
            ("500ms", "500ms"),
            ("1500ms", "1500ms"),
            ("1.5s", "1500ms"),
            ("60s", "1m"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("0s", "0s"),
        ]);
        refused::<Duration>(&["", "5", "s", "5 parsecs", "-1s", "1.2.3s", "99999999999999999999d"]);
    }

    #[test]
    fn sizes_are_read_and_written() {
        written::<Bytes>(&[
            ("256KiB", "256KiB"),
            ("1024 KiB", "1MiB"),
            ("1.5kB", "1500B"),
            ("0B", "0B"),
        ]);
        refused::<Bytes>(&["", "256", "256 kilobytes", "1kb", "-1B"]);
    }

    #[test]
    fn rates_are_read_and_written() {
        written::<Rate>(&[("60/minute", "60/minute"), (" 5 / day ", "5/day")]);
        refused::<Rate>(&["60", "60/fortnight", "-1/minute", "1.5/minute", "60/"]);
        assert_eq!("1/hour".parse::<Rate>().unwrap().per.as_secs(), 3600);
    }

    #[test]
    fn windows_begin_where_the_calendar_says() {
        let at = |text: &str| {
            let format = &time::format_description::well_known::Rfc3339;
            OffsetDateTime::parse(text, format).unwrap().unix_timestamp()
        };
        let moment = at("2024-02-29T13:14:15Z");
        for (period, begin, end) in [
            (Period::Second, "2024-02-29T13:14:15Z", "2024-02-29T13:14:16Z"),
            (Period::Hour, "2024-02-29T13:00:00Z", "2024-02-29T14:00:00Z"),
            (Period::Day, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Period::Month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ] {
            assert_eq!(period.window(moment), (at(begin), at(end)), "{period}");
        }
        for (begin, over) in [
            ("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2024-02-02T00:00:00Z", "2024-02-03T00:00:00Z"),
            ("2024-02-02T03:00:00Z", "2024-02-02T04:00:00Z"),
        ] {
            assert_eq!(Period::all_over(at(begin)), at(over));
        }
        let december = Period::Month.window(at("2024-12-31T23:59:59Z"));
        assert_eq!(december, (at("2024-12-01T00:00:00Z"), at("2025-01-01T00:00:00Z")));
    }

    #[test]
    fn money_is_kept_to_the_micro_usd() {
        written::<Money>(&[
            ("20 USD/day", "20 USD/day"),
            ("0.50 USD/hour", "0.5 USD/hour"),
            ("0.000001 USD/month", "0.000001 USD/month"),
        ]);
        refused::<Money>(&["20/day", "20 EUR/day", "0.0000001 USD/day", "-1 USD/day", "1 USD"]);
    }
}
