//! Names of functions in every form the API takes: `name`, `name:qualifier`,
//! `account:function:name` and whole ARNs.

use crate::api::error::ApiError;

/// The one account of this machine.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The qualifier of the unpublished version.
pub(crate) const LATEST: &str = "$LATEST";

const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 256;
const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
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
        let mut reference = Self::parse_name(region, text)?;
        let Some(asked) = qualifier else { return Ok(reference) };
        if asked.is_empty() || asked.len() > 128 || !asked.chars().all(is_qualifier_char) {
            return Err(ApiError::pattern("qualifier", asked, QUALIFIER_PATTERN));
        }
        match &reference.qualifier {
            Some(derived) if derived != asked => Err(ApiError::invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            )),
            _ => {
                reference.qualifier = Some(asked.to_owned());
                Ok(reference)
            }
        }
    }

    fn parse_name(region: &str, text: &str) -> Result<Self, ApiError> {
        if text.len() > MAX_TEXT {
            return Err(ApiError::constraint(
                "functionName",
                text,
                &format!("Member must have length less than or equal to {MAX_TEXT}"),
            ));
        }
        let malformed = || ApiError::pattern("functionName", text, NAME_PATTERN);
        let rest = match text.strip_prefix("arn:") {
            Some(arn) => strip_arn(region, arn).ok_or_else(malformed)??,
            None => strip_account(text)?,
        };
        let rest = rest.strip_prefix("function:").unwrap_or(rest);
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        let qualified = qualifier.is_none_or(|it| it == LATEST || is_word(it));
        if !is_word(name) || !qualified {
            return Err(malformed());
        }
        if name.len() > MAX_NAME {
            return Err(ApiError::invalid(format!(
                "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy \
                 constraint: Member must have length less than or equal to {MAX_NAME}"
            )));
        }
        Ok(Self { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) })
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

/// What follows `function:` in an ARN without its leading `arn:`; `None` where it is no ARN.
fn strip_arn<'a>(region: &str, arn: &'a str) -> Option<Result<&'a str, ApiError>> {
    let mut parts = arn.splitn(6, ':');
    let (partition, service) = (parts.next()?, parts.next()?);
    let (its_region, account) = (parts.next()?, parts.next()?);
    let (kind, rest) = (parts.next()?, parts.next()?);
    if !partition.starts_with("aws") || service != "lambda" || kind != "function" {
        return None;
    }
    if !is_account(account) || its_region.is_empty() {
        return None;
    }
    if its_region != region {
        return Some(Err(ApiError::not_found(format!(
            "Functions from '{its_region}' are not reachable in this region ('{region}')"
        ))));
    }
    Some(own_account(account).map(|()| rest))
}

fn strip_account(text: &str) -> Result<&str, ApiError> {
    match text.split_once(':') {
        Some((account, rest)) if is_account(account) => own_account(account).map(|()| rest),
        _ => Ok(text),
    }
}

fn own_account(account: &str) -> Result<(), ApiError> {
    if account == ACCOUNT { Ok(()) } else { Err(ApiError::access_denied(None)) }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_qualifier_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '.')
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
    fn malformed_names_are_refused() {
        for text in ["", "a b", "a:b:c", "../a", "arn:aws:s3:::bucket", "a:", &"x".repeat(65)] {
            let error = FunctionRef::parse(REGION, text, None).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{text}");
        }
        assert!(FunctionRef::parse(REGION, "echo:one", Some("two")).is_err());
    }
}
