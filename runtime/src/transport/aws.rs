//! HTTP with AWS's signature, by the keys that a function's role gives it in its environment, or by
//! others.

use std::{env, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use futures::{FutureExt, future::BoxFuture};

use super::{HTTP, Reply, Transport};
use crate::{
    provider::{Failure, Kind, Request, Scope},
    secret::Secret,
};

/// The transport of providers that take AWS's signatures.
pub static AWS: Aws = Aws;

/// Signs what asks for it and hands it on.
#[derive(Debug)]
pub struct Aws;

impl Transport for Aws {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Failure>> {
        send(request, &AwsKeys::OfEnvironment).boxed()
    }
}

/// By which keys requests are signed.
#[derive(Debug, Clone)]
pub enum AwsKeys {
    /// Those that the platform puts into a function's environment.
    OfEnvironment,
    /// These.
    Given {
        /// The access key's id.
        id: String,
        /// Its secret.
        secret: Secret,
        /// The session's token, where the keys are temporary.
        session: Option<Secret>,
    },
}

/// Signs a request, if it asks for that, and sends it.
pub(crate) async fn send(mut request: Request, keys: &AwsKeys) -> Result<Reply, Failure> {
    if let Some(scope) = request.sign.take() {
        let headers = signature(&request, &scope, keys.credentials()?, SystemTime::now())?;
        request.headers.extend(headers);
    }
    HTTP.send(request).await
}

impl AwsKeys {
    fn credentials(&self) -> Result<Credentials, Failure> {
        match self {
            Self::OfEnvironment => credentials(|name| env::var(name).ok()),
            Self::Given { id, secret, session } => {
                let session = session.as_ref().map(|token| token.expose().to_owned());
                Ok(Credentials::new(id, secret.expose(), session, None, "given"))
            }
        }
    }
}

fn credentials(variable: impl Fn(&str) -> Option<String>) -> Result<Credentials, Failure> {
    let needed = |name| {
        variable(name).ok_or_else(|| {
            let hint = "where no role gives keys, name a credential";
            Failure::new(Kind::Key, format!("the environment variable {name} is missing: {hint}"))
        })
    };
    let (id, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment"))
}

/// The headers that sign a request.
fn signature(
    request: &Request,
    scope: &Scope,
    credentials: Credentials,
    now: SystemTime,
) -> Result<Vec<(&'static str, Secret)>, Failure> {
    let unsigned = |error: &dyn std::fmt::Display| {
        Failure::new(Kind::Key, format!("the request could not be signed: {error}"))
    };
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(scope.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| unsigned(&error))?
        .into();
    // AWS asks for the host's header and its own, and for no others.
    let own = request.headers.iter().filter(|(name, _)| name.starts_with("x-amz-"));
    let own = own.map(|(name, value)| (*name, value.expose()));
    let body = SignableBody::Bytes(&request.body);
    let signable =
        SignableRequest::new("POST", &request.url, own, body).map_err(|error| unsigned(&error))?;
    let signed = sign(signable, &params).map_err(|error| unsigned(&error))?;
    let (headers, _) = signed.into_parts().0.into_parts();
    Ok(headers.into_iter().map(|header| (header.name(), header.value().into())).collect())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_request_is_signed_as_botocore_signs_it() -> Result<(), Failure> {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            Some("a-session-token".to_owned()),
            None,
            "test",
        );
        let model =
            "https://bedrock-runtime.eu-central-1.amazonaws.com/model/amazon.nova-lite-v1%3A0";
        let request = Request {
            url: format!("{model}/converse"),
            method: http::Method::POST,
            headers: vec![("content-type", "application/json".into())],
            body: "{\"messages\":[]}".into(),
            sign: None,
        };
        let scope = Scope { service: "bedrock", region: "eu-central-1".into() };
        let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let headers = signature(&request, &scope, credentials, now)?;
        let value = |wanted: &str| {
            headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.expose())
        };
        // By botocore 1.44.5, of the same request at the same time.
        assert_eq!(
            value("authorization"),
            Some(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-central-1/bedrock/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-security-token, \
                 Signature=1612b3767a6893e6ce3393aef403bf0b8d1310abe837f4c7cb9939e62f25c75b"
            ),
        );
        assert_eq!(value("x-amz-security-token"), Some("a-session-token"));
        Ok(())
    }

    #[test]
    fn headers_of_amazons_own_are_signed_too() -> Result<(), Failure> {
        let request = Request {
            method: http::Method::POST,
            url: "https://dynamodb.eu-central-1.amazonaws.com/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.0".into()),
                ("x-amz-target", "DynamoDB_20120810.GetItem".into()),
            ],
            body: "{\"TableName\":\"state\"}".into(),
            sign: None,
        };
        let keys = AwsKeys::Given {
            id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session: Some("a-session-token".into()),
        };
        let scope = Scope { service: "dynamodb", region: "eu-central-1".into() };
        let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let headers = signature(&request, &scope, keys.credentials()?, now)?;
        let value = |wanted: &str| {
            headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.expose())
        };
        // By botocore 1.44.8, of the same request at the same time.
        assert_eq!(
            value("authorization"),
            Some(
                "AWS4-HMAC-SHA256 \
                 Credential=AKIDEXAMPLE/20260102/eu-central-1/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, \
                 Signature=6258858e3747f3c573b76860e393ba3477dee2a6a4554dc021cd3574c669d490"
            ),
        );
        Ok(())
    }

    /// From AWS's own test suite of signatures: those that sign no more headers than we do.
    #[test]
    fn requests_are_signed_as_aws_publishes_it() -> Result<(), Failure> {
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        for (query, signature) in [
            ("", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            ("?Param1=value1", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
        ] {
            let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
            let credentials = Credentials::new("AKIDEXAMPLE", secret, None, None, "test");
            let url = format!("https://example.amazonaws.com/{query}");
            let request = Request { method: http::Method::POST, ..Request::get(url) };
            let scope = Scope { service: "service", region: "us-east-1".into() };
            let headers = super::signature(&request, &scope, credentials, now)?;
            let shown: Vec<_> = headers.iter().map(|(_, value)| value.expose()).collect();
            assert!(shown.iter().any(|value| value.ends_with(signature)), "{query}: {shown:?}");
        }
        Ok(())
    }

    #[test]
    fn a_machine_without_a_role_is_told_what_to_do() {
        let failure = credentials(|_| None).map(|_| ()).map_err(|failure| failure.message);
        assert!(failure.is_err_and(|message| message.contains("name a credential")));
    }
}
