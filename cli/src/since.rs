//! Since when: an instant, or how long ago.

use std::str::FromStr;
use std::time::Duration;

use promptpilot_spec::units;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant that is typed as one, or as how long ago it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Since(OffsetDateTime);

impl Since {
    /// As the API takes it.
    pub(crate) fn query(self) -> String {
        self.0.format(&Rfc3339).unwrap_or_default()
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(instant) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(Self(instant));
        }
        let ago = text.parse::<units::Duration>().ok();
        let ago = ago.map(|ago| Duration::from_millis(ago.as_millis()));
        ago.and_then(|ago| OffsetDateTime::now_utc().checked_sub(ago.try_into().ok()?))
            .map(Self)
            .ok_or_else(|| "give 30m, 1h or 2d, or a time such as 2026-11-25T08:00:00Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_an_instant_or_how_long_ago() {
        let Since(told) = "2026-11-25T08:00:00Z".parse().unwrap();
        assert_eq!(told.unix_timestamp(), 1_795_593_600);
        let Since(ago) = "1h".parse().unwrap();
        let seconds = (OffsetDateTime::now_utc() - ago).whole_seconds();
        assert!((3600..3660).contains(&seconds), "{seconds}");
        for bad in ["yesterday", "1", "", "99999999d"] {
            assert!(bad.parse::<Since>().is_err(), "{bad}");
        }
    }
}
