//! Where a function's state store is, as one line of text.

use std::{fmt, str::FromStr};

/// Where a state store is: `http://…` for a state service, `dynamodb://TABLE?region=REGION` for a
/// table of DynamoDB's, and `&endpoint=URL` behind that where the table is not AWS's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A state service at this URL.
    Service(String),
    /// A table.
    DynamoDb(Table),
}

/// A table of DynamoDB's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Where DynamoDB is, if not at the region's own address.
    pub endpoint: Option<String>,
}

/// Text that is no address of a state store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no state store: {why}; write `http://HOST:PORT` or \
     `dynamodb://TABLE?region=REGION`"
)]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refused = |why| AddressError { text: text.to_owned(), why };
        match text.split_once("://") {
            Some(("http" | "https", host)) if !host.is_empty() => {
                Ok(Self::Service(text.trim_end_matches('/').to_owned()))
            }
            Some(("http" | "https", _)) => Err(refused("it names no host")),
            Some(("dynamodb", table)) => table_of(table).map(Self::DynamoDb).map_err(refused),
            _ => Err(refused("it begins with neither of the two")),
        }
    }
}

fn table_of(text: &str) -> Result<Table, &'static str> {
    let (name, query) = text.split_once('?').unwrap_or((text, ""));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(3..=255).contains(&name.len()) || !name.bytes().all(is_name) {
        return Err("a table's name has 3 to 255 letters, digits, dots, dashes and underscores");
    }
    let (mut region, mut endpoint) = (None, None);
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("region", value)) if is_region(value) => region = Some(value.to_owned()),
            Some(("region", _)) => return Err("its region is none"),
            Some(("endpoint", value)) if is_url(value) => {
                endpoint = Some(value.trim_end_matches('/').to_owned());
            }
            Some(("endpoint", _)) => return Err("its endpoint is no URL"),
            _ => return Err("it may have a region and an endpoint, and nothing else"),
        }
    }
    let region = region.ok_or("its region is missing")?;
    Ok(Table { name: name.to_owned(), region, endpoint })
}

/// A region becomes a part of a host's name.
fn is_region(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_part)
}

fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['%', ' ']))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(url) => f.write_str(url),
            Self::DynamoDb(Table { name, region, endpoint }) => {
                write!(f, "dynamodb://{name}?region={region}")?;
                endpoint.iter().try_for_each(|endpoint| write!(f, "&endpoint={endpoint}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() -> Result<(), AddressError> {
        for text in [
            "http://127.0.0.1:7435",
            "https://state.example.com/a",
            "dynamodb://promptpilot?region=eu-central-1",
            "dynamodb://a_b.c-1?region=eu-central-1&endpoint=http://127.0.0.1:8000",
        ] {
            assert_eq!(text.parse::<Address>()?.to_string(), text);
        }
        let other = "dynamodb://abc?endpoint=https://here/&region=us-east-1".parse()?;
        let Address::DynamoDb(table) = other else { panic!("{other:?}") };
        assert_eq!(
            (table.region.as_str(), table.endpoint.as_deref()),
            ("us-east-1", Some("https://here"))
        );
        Ok(())
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("", "it begins with neither of the two"),
            ("redis://x", "it begins with neither of the two"),
            ("http://", "it names no host"),
            ("dynamodb://ab?region=eu-central-1", "a table's name has 3 to 255"),
            ("dynamodb://a/b?region=eu-central-1", "a table's name has 3 to 255"),
            ("dynamodb://abc", "its region is missing"),
            ("dynamodb://abc?region=evil.example", "its region is none"),
            ("dynamodb://abc?region=eu-central-1&endpoint=there", "its endpoint is no URL"),
            ("dynamodb://abc?region=eu-central-1&tls=no", "it may have a region and an endpoint"),
        ] {
            let error =
                text.parse::<Address>().map_or_else(|error| error.to_string(), |it| it.to_string());
            assert!(error.starts_with(&format!("`{text}` is no state store: {why}")), "{error}");
        }
    }
}
