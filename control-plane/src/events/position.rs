//! Places in the order of events.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A place in the order of events: a transaction, and a change in it. Written `812.4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Position {
    pub(crate) xact: i64,
    pub(crate) sequence: i64,
}

/// The most digits that either number has.
const DIGITS: usize = 18;

/// Behind every change of a transaction.
const LAST: i64 = 999_999_999_999_999_999;

impl Position {
    /// Before everything.
    pub(crate) const START: Self = Self { xact: 0, sequence: 0 };

    /// Before a transaction's changes, and behind the calls that arrived with it.
    pub(crate) const fn calls_of(xact: i64) -> Self {
        Self { xact, sequence: 0 }
    }

    /// Behind all of a transaction's changes.
    pub(crate) const fn end_of(xact: i64) -> Self {
        Self { xact, sequence: LAST }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xact, self.sequence)
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (xact, sequence) = text.split_once('.')?;
            Some(Self { xact: number(xact)?, sequence: number(sequence)? })
        };
        read().ok_or("a position is two numbers with a point between them, such as 812.4")
    }
}

/// Digits alone, and no more than there can be.
fn number(text: &str) -> Option<i64> {
    let is_number = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

impl TryFrom<String> for Position {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_string()
    }
}

impl JsonSchema for Position {
    fn schema_name() -> Cow<'static, str> {
        "EventPosition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[0-9]{1,18}\.[0-9]{1,18}$" })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_position_is_read_as_it_is_written(xact in 0..=LAST, sequence in 0..=LAST) {
            let position = Position { xact, sequence };
            prop_assert_eq!(position.to_string().parse(), Ok(position));
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused(text in ".*") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert!(position >= Position::START);
            }
        }
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for text in ["", "812", "812.", ".4", "-1.4", "1.+4", "x.y", "9999999999999999999.1"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn calls_of_a_transaction_come_before_its_changes() {
        let change = Position { xact: 7, sequence: 1 };
        assert!(Position::end_of(6) < Position::calls_of(7));
        assert!(Position::calls_of(7) < change && change < Position::end_of(7));
    }
}
