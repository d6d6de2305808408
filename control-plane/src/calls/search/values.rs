//! Values of filters, as a query has them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// The least and the greatest status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Statuses(pub(super) i32, pub(super) i32);

impl TryFrom<String> for Statuses {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<i32>().ok());
        match (class, text.parse::<i32>()) {
            (Some(class @ 1..=5), _) => Ok(Self(class * 100, class * 100 + 99)),
            (_, Ok(status @ 100..=599)) => Ok(Self(status, status)),
            _ => Err("`status` is one such as 504 or a class such as 5xx".to_owned()),
        }
    }
}

impl JsonSchema for Statuses {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([1-5][0-9][0-9]|[1-5]xx)$" })
    }
}

/// An amount of USD, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Usd(pub(super) i64);

impl TryFrom<f64> for Usd {
    type Error = &'static str;

    fn try_from(usd: f64) -> Result<Self, Self::Error> {
        if (0.0..=1_000_000.0).contains(&usd) {
            Ok(Self((usd * 1e6).round() as i64))
        } else {
            Err("an amount of USD is 0 to 1000000")
        }
    }
}

impl JsonSchema for Usd {
    fn schema_name() -> Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1_000_000 })
    }
}

/// A time in ms, a day at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Millis(pub(super) u32);

impl Millis {
    const MOST: u32 = 86_400_000;
}

impl TryFrom<u32> for Millis {
    type Error = &'static str;

    fn try_from(ms: u32) -> Result<Self, Self::Error> {
        if ms <= Self::MOST { Ok(Self(ms)) } else { Err("a latency is 0 to 86400000 ms") }
    }
}

impl JsonSchema for Millis {
    fn schema_name() -> Cow<'static, str> {
        "LatencyMs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": Self::MOST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_one_or_a_class() {
        let read = |text: &str| Statuses::try_from(text.to_owned());
        assert_eq!(read("504"), Ok(Statuses(504, 504)));
        assert_eq!(read("4xx"), Ok(Statuses(400, 499)));
        for bad in ["", "xx", "6xx", "99", "600", "5x", "-4xx", "ok"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_kept_to_the_millionth() {
        assert_eq!(Usd::try_from(0.000_001), Ok(Usd(1)));
        assert_eq!(Usd::try_from(1.25), Ok(Usd(1_250_000)));
        for bad in [-0.1, f64::NAN, f64::INFINITY, 1e9] {
            assert!(Usd::try_from(bad).is_err(), "{bad}");
        }
    }
}
