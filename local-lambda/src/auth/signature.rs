//! Signature version 4, checked by signing the request again and comparing.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningKey;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::api::error::ApiError;

use super::Credentials;

const SERVICE: &str = "lambda";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const CONTENT_HASH: &str = "x-amz-content-sha256";
const DATE_HEADER: &str = "x-amz-date";
const DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
/// How far the clocks may be apart.
const TOLERANCE: Duration = Duration::from_secs(15 * 60);

/// Whether the request was signed with these credentials for this region.
pub(crate) fn verify(
    credentials: &Credentials,
    region: &str,
    head: &Parts,
    body: &[u8],
) -> Result<(), ApiError> {
    let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let header = header.ok_or_else(|| {
        ApiError::signature("MissingAuthenticationTokenException", "Missing Authentication Token")
    })?;
    let claim = Claim::parse(header).ok_or_else(|| {
        let message = format!(
            "Authorization header requires an '{ALGORITHM}' signature with \
                               'Credential', 'SignedHeaders' and 'Signature'"
        );
        ApiError::signature("IncompleteSignatureException", message)
    })?;
    if claim.access_key != credentials.access_key_id() {
        return Err(ApiError::signature(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ));
    }
    if (claim.region, claim.service) != (region, SERVICE) {
        return Err(mismatch(&format!(
            "Credential should be scoped to region '{region}' and service '{SERVICE}'."
        )));
    }
    let time = signing_time(&head.headers)
        .filter(|(text, _)| text.starts_with(claim.day))
        .map(|(_, time)| time)
        .ok_or_else(|| mismatch("The X-Amz-Date header is missing or not the credential's day."))?;
    if apart(time, SystemTime::now()) > TOLERANCE {
        return Err(ApiError::signature(
            "InvalidSignatureException",
            "Signature expired: the X-Amz-Date header is more than 15 minutes off this machine's clock.",
        ));
    }
    let expected = recompute(credentials, region, time, &claim, head, body)
        .ok_or_else(|| mismatch("The request cannot be signed as it is."))?;
    if expected.as_bytes().ct_eq(claim.signature.as_bytes()).into() {
        Ok(())
    } else {
        Err(mismatch(
            "The request signature we calculated does not match the signature you provided. Check \
             your AWS Secret Access Key and signing method.",
        ))
    }
}

/// What an `Authorization` header claims.
#[derive(Debug, PartialEq, Eq)]
struct Claim<'a> {
    access_key: &'a str,
    day: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix(ALGORITHM)?.trim();
        let member = |name: &str| {
            rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = member("Credential")?.split('/');
        let (access_key, day) = (scope.next()?, scope.next()?);
        let (region, service) = (scope.next()?, scope.next()?);
        if scope.next()? != "aws4_request" || scope.next().is_some() {
            return None;
        }
        let signed_headers: Vec<_> = member("SignedHeaders")?.split(';').collect();
        let signature = member("Signature")?;
        signed_headers.contains(&"host").then_some(())?;
        Some(Self { access_key, day, region, service, signed_headers, signature })
    }
}

fn recompute(
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
    claim: &Claim<'_>,
    head: &Parts,
    body: &[u8],
) -> Option<String> {
    let identity =
        SigningKey::from_keys(credentials.access_key_id(), credentials.secret_access_key(), None)
            .into();
    // Just what the client signed, whatever another signer would leave out.
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    settings.payload_checksum_kind = match claim.signed_headers.contains(&CONTENT_HASH) {
        true => PayloadChecksumKind::XAmzSha256,
        false => PayloadChecksumKind::NoHeader,
    };
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::new();
    for name in &claim.signed_headers {
        let mut values = head.headers.get_all(*name).iter();
        let first = values.next()?.to_str().ok()?;
        headers.push((*name, first));
        for value in values {
            headers.push((*name, value.to_str().ok()?));
        }
    }
    let uri = absolute(head)?;
    let body = SignableBody::Bytes(body);
    let request =
        SignableRequest::new(head.method.as_str(), uri, headers.into_iter(), body).ok()?;
    Some(sign(request, &params).ok()?.into_parts().1)
}

fn absolute(head: &Parts) -> Option<String> {
    let host = head.headers.get(http::header::HOST)?.to_str().ok()?;
    let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Some(format!("http://{host}{path}"))
}

fn signing_time(headers: &HeaderMap) -> Option<(&str, SystemTime)> {
    let text = headers.get(DATE_HEADER)?.to_str().ok()?;
    let time = PrimitiveDateTime::parse(text, DATE).ok()?.assume_utc();
    Some((text, time.into()))
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).or_else(|_| other.duration_since(one)).unwrap_or_default()
}

fn mismatch(message: &str) -> ApiError {
    ApiError::signature("InvalidSignatureException", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_authorization_header_is_taken_apart() {
        let claim = Claim::parse(
            "AWS4-HMAC-SHA256 Credential=KEY/20261123/eu-central-1/lambda/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=abc",
        )
        .unwrap();
        assert_eq!((claim.access_key, claim.day), ("KEY", "20261123"));
        assert_eq!(claim.signed_headers, ["host", "x-amz-date"]);
        for broken in
            ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x"]
        {
            assert_eq!(Claim::parse(broken), None);
        }
        let unsigned_host = "AWS4-HMAC-SHA256 Credential=K/20261123/r/lambda/aws4_request, \
                             SignedHeaders=x-amz-date, Signature=abc";
        assert_eq!(Claim::parse(unsigned_host), None);
    }
}
