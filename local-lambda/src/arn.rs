//! Names of functions in every form the API takes: `name`, `name:qualifier`,
//! `account:function:name` and whole ARNs.

use crate::api::error::{ApiError, finding};

/// The one account of this machine.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The qualifier of the unpublished version.
pub(crate) const LATEST: &str = "$LATEST";

/// What a name may be where a function is made, and with its ARN around it.
const MAX_NAME: usize = 64;
const MAX_NEW_NAME_TEXT: usize = 140;
const MAX_QUALIFIER: usize = 128;
const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const NEW_NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
const QUALIFIER_PATTERN: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";

/// A function as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionRef {
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
}

impl FunctionRef {
    /// Reads the path's name together with the `Qualifier` parameter.
    pub(crate) fn parse(
        region: &str,
        text: &str,
        qualifier: Option<&str>,
    ) -> Result<Self, ApiError> {
        let mut findings: Vec<_> = qualifier.and_then(qualifier_finding).into_iter().collect();
        let parts = Parts::split(text);
        if parts.is_none() {
            findings.push(pattern_finding("functionName", text, NAME_PATTERN));
        }
        let Some(parts) = parts.filter(|_| findings.is_empty()) else {
            return Err(ApiError::validation(&findings));
        };
        parts.check_place(region)?;
        let (given, asked) = (parts.qualifier, qualifier);
        if given.is_some() && asked.is_some() && given != asked {
            return Err(ApiError::invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        let qualifier = given.or(asked).map(str::to_owned);
        Ok(Self { name: parts.name.to_owned(), qualifier })
    }

    /// Reads the name of a function to be made.
    pub(crate) fn parse_new(region: &str, text: &str) -> Result<String, ApiError> {
        let mut findings = Vec::new();
        if text.len() > MAX_NEW_NAME_TEXT {
            findings.push(length_finding("functionName", text, MAX_NEW_NAME_TEXT));
        }
        let parts = Parts::split(text).filter(|parts| is_word(parts.name));
        if parts.is_none() {
            findings.push(pattern_finding("functionName", text, NEW_NAME_PATTERN));
        }
        let Some(parts) = parts.filter(|_| findings.is_empty()) else {
            return Err(ApiError::validation(&findings));
        };
        parts.check_place(region)?;
        if parts.qualifier.is_some() {
            return Err(ApiError::invalid("A new function's name must not have a qualifier"));
        }
        if parts.name.len() > MAX_NAME {
            let finding = length_finding("functionName", parts.name, MAX_NAME);
            return Err(ApiError::invalid(format!("1 validation error detected: {finding}")));
        }
        Ok(parts.name.to_owned())
    }

    /// The qualifier, `$LATEST` where none was given.
    pub(crate) fn qualifier_or_latest(&self) -> &str {
        self.qualifier.as_deref().unwrap_or(LATEST)
    }

    /// The ARN with the qualifier as it was given.
    pub(crate) fn arn(&self, region: &str) -> String {
        match &self.qualifier {
            Some(qualifier) => qualified_arn(region, &self.name, qualifier),
            None => function_arn(region, &self.name),
        }
    }
}

/// The ARN without a qualifier.
pub(crate) fn function_arn(region: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{name}")
}

/// The ARN with a qualifier.
pub(crate) fn qualified_arn(region: &str, name: &str, qualifier: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{name}:{qualifier}")
}

/// A name as [`NAME_PATTERN`] takes it apart. Each part before the name may be left out.
#[derive(Debug)]
struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let mut rest = without_service(text).unwrap_or(text);
        let region = strip_part(&mut rest, is_region);
        let account = strip_part(&mut rest, is_account);
        strip_part(&mut rest, |part| part == "function");
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        let named =
            !name.is_empty() && name.split('.').all(|part| part.is_empty() || is_word(part));
        let qualified =
            qualifier.is_none_or(|it| matches!(it, LATEST | "$LATEST.PUBLISHED") || is_word(it));
        (named && qualified).then_some(Self { region, account, name, qualifier })
    }

    /// Refuses other regions and accounts.
    fn check_place(&self, region: &str) -> Result<(), ApiError> {
        match self.region {
            Some(other) if other != region => {
                return Err(ApiError::not_found(format!(
                    "Functions from '{other}' are not reachable in this region ('{region}')"
                )));
            }
            _ => {}
        }
        match self.account {
            Some(other) if other != ACCOUNT => Err(ApiError::access_denied(None)),
            _ => Ok(()),
        }
    }
}

/// What follows `arn:aws:lambda:`.
fn without_service(text: &str) -> Option<&str> {
    let (partition, rest) = text.strip_prefix("arn:")?.split_once(':')?;
    let known = partition.is_empty()
        || partition
            .strip_prefix("aws")?
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    rest.strip_prefix("lambda:").filter(|_| known)
}

/// Takes the next part off, if it is of the kind and not the last.
fn strip_part<'a>(rest: &mut &'a str, is_kind: impl Fn(&str) -> bool) -> Option<&'a str> {
    let (part, tail) = rest.split_once(':')?;
    is_kind(part).then(|| {
        *rest = tail;
        part
    })
}

fn qualifier_finding(text: &str) -> Option<String> {
    if text.len() > MAX_QUALIFIER {
        return Some(length_finding("qualifier", text, MAX_QUALIFIER));
    }
    let known = matches!(text, LATEST | "$LATEST.PUBLISHED")
        || (!text.is_empty() && text.split('$').all(|part| part.is_empty() || is_word(part)));
    (!known).then(|| pattern_finding("qualifier", text, QUALIFIER_PATTERN))
}

fn length_finding(member: &str, value: &str, max: usize) -> String {
    finding(member, value, &format!("Member must have length less than or equal to {max}"))
}

fn pattern_finding(member: &str, value: &str, pattern: &str) -> String {
    let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
    finding(member, value, &constraint)
}

/// Whether the text is a region's name, such as `eu-central-1` or `us-gov-west-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let letters = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_lowercase());
    let parts: Vec<_> = text.strip_prefix("eusc-").unwrap_or(text).split('-').collect();
    let (land, special, side, number) = match parts.as_slice() {
        [land, side, number] => (*land, None, *side, *number),
        [land, special, side, number] => (*land, Some(*special), *side, *number),
        _ => return false,
    };
    let special = special.is_none_or(|it| {
        it == "gov"
            || it
                .strip_prefix("iso")
                .is_some_and(|it| it.is_empty() || letters(it) && it.len() == 1)
    });
    let number = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    land.len() == 2 && letters(land) && special && letters(side) && number
}

/// Whether the text is an account's number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text could be a name or an alias.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const REGION: &str = "eu-central-1";

    fn parsed(text: &str) -> (String, Option<String>) {
        let reference = FunctionRef::parse(REGION, text, None).unwrap();
        (reference.name, reference.qualifier)
    }

    #[test]
    fn every_form_of_a_name_is_understood() {
        let plain = ("echo".to_owned(), None);
        let live = ("echo".to_owned(), Some("live".to_owned()));
        assert_eq!(parsed("echo"), plain);
        assert_eq!(parsed("echo:live"), live);
        assert_eq!(parsed("000000000000:function:echo"), plain);
        assert_eq!(parsed("arn:aws:lambda:eu-central-1:000000000000:function:echo"), plain);
        assert_eq!(parsed("arn:aws:lambda:eu-central-1:000000000000:function:echo:live"), live);
        assert_eq!(parsed("echo:$LATEST").1.as_deref(), Some(LATEST));
    }

    #[test]
    fn other_regions_and_accounts_are_refused() {
        let other = "arn:aws:lambda:us-east-1:000000000000:function:echo";
        assert_eq!(FunctionRef::parse(REGION, other, None).unwrap_err().status().as_u16(), 404);
        let foreign = "arn:aws:lambda:eu-central-1:111111111111:function:echo";
        assert_eq!(FunctionRef::parse(REGION, foreign, None).unwrap_err().status().as_u16(), 403);
    }

    #[test]
    fn regions_are_told_from_names() {
        for region in ["eu-central-1", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for name in ["eu-central", "my-function", "eu-central-12", "EU-central-1", "a-b-1"] {
            assert!(!is_region(name), "{name}");
        }
    }

    #[test]
    fn malformed_names_are_refused() {
        for text in ["", "a b", "a:b:c", "../a", "arn:aws:s3:::bucket", "a:"] {
            let error = FunctionRef::parse(REGION, text, None).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{text}");
        }
        for text in ["a.b", "a:$latest", "a:1", &"x".repeat(65)] {
            let error = FunctionRef::parse_new(REGION, text).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{text}");
        }
        assert!(FunctionRef::parse(REGION, "echo:one", Some("two")).is_err());
    }
}
