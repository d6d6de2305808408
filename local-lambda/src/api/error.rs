//! Errors as the service words them: a type, a status, and a body whose message member is spelled
//! `message` or `Message` depending on the type.

use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::body::Body;

/// What breaks the service model in a request, as [`ApiError::validation`] takes it.
pub(crate) fn finding(member: &str, value: &str, constraint: &str) -> String {
    format!("Value '{value}' at '{member}' failed to satisfy constraint: {constraint}")
}

/// An error reply of the REST API.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: Option<String>,
    reason: Option<&'static str>,
    /// Whether the reply tells whose fault it is, where errors of its kind do.
    tells_type: bool,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: Some(message.into()), reason: None, tells_type: true }
    }

    /// `InvalidParameterValueException`.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
    }

    /// `ValidationException`: a member breaks the service model.
    pub(crate) fn constraint(member: &str, value: &str, constraint: &str) -> Self {
        Self::validation(&[finding(member, value, constraint)])
    }

    /// `ValidationException` for a pattern.
    pub(crate) fn pattern(member: &str, value: &str, pattern: &str) -> Self {
        let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
        Self::constraint(member, value, &constraint)
    }

    /// `ValidationException` for a member that is missing.
    pub(crate) fn missing(member: &str) -> Self {
        Self::validation(&[format!(
            "Value null at '{member}' failed to satisfy constraint: Member must not be null"
        )])
    }

    /// `ValidationException` for all that was found.
    pub(crate) fn validation(findings: &[String]) -> Self {
        let count = findings.len();
        let errors = if count == 1 { "error" } else { "errors" };
        let message = format!("{count} validation {errors} detected: {}", findings.join("; "));
        Self::new(StatusCode::BAD_REQUEST, "ValidationException", message)
    }

    /// The request body is not what the operation takes.
    pub(crate) fn malformed(cause: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "SerializationException", cause.to_string())
    }

    /// `InvalidRequestContentException`.
    pub(crate) fn content(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    }

    /// `ResourceNotFoundException`.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    }

    /// `ResourceNotFoundException` for a function, version or alias.
    pub(crate) fn no_function(arn: &str) -> Self {
        Self::not_found(format!("Function not found: {arn}"))
    }

    /// `ResourceNotFoundException` where the service does not say what is missing.
    pub(crate) fn no_resource() -> Self {
        Self::not_found("The resource you requested does not exist.")
    }

    /// `ResourceConflictException`.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ResourceConflictException", message)
    }

    /// `PreconditionFailedException`: somebody changed it in between. `source` is the operation
    /// that tells the current revision.
    pub(crate) fn stale_revision(source: &str) -> Self {
        let message = format!(
            "The Revision Id provided does not match the latest Revision Id. Call the {source} API \
             to retrieve the latest Revision Id"
        );
        Self::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailedException", message)
    }

    /// `RequestEntityTooLargeException`.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", message)
    }

    /// `TooManyRequestsException`.
    pub(crate) fn throttled(reason: &'static str) -> Self {
        let kind = "TooManyRequestsException";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, kind, "Rate Exceeded.");
        Self { reason: Some(reason), ..error }
    }

    /// `AccessDeniedException`; AWS gives some of them no message.
    pub(crate) fn access_denied(message: Option<String>) -> Self {
        let (status, kind) = (StatusCode::FORBIDDEN, "AccessDeniedException");
        Self { status, kind, message, reason: None, tells_type: false }
    }

    /// The signature's own error types, all 403.
    pub(crate) fn signature(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, kind, message)
    }

    /// `ProvisionedConcurrencyConfigNotFoundException`.
    pub(crate) fn not_provisioned() -> Self {
        let kind = "ProvisionedConcurrencyConfigNotFoundException";
        let message = "No Provisioned Concurrency Config found for this function";
        Self::new(StatusCode::NOT_FOUND, kind, message)
    }

    /// `CodeSigningConfigNotFoundException`.
    pub(crate) fn no_code_signing(arn: &str) -> Self {
        let message = format!(
            "The code signing configuration cannot be found. Check that the provided \
             configuration is not deleted: {arn}."
        );
        Self::new(StatusCode::NOT_FOUND, "CodeSigningConfigNotFoundException", message)
    }

    /// Without `Type`: the service leaves it out of some replies.
    pub(crate) fn untyped(self) -> Self {
        Self { tells_type: false, ..self }
    }

    /// An operation of the service that this host does not have.
    pub(crate) fn not_implemented(what: &str) -> Self {
        let message = format!("{what} is not available on this host");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplementedException", message)
    }

    /// `ServiceException`: our own failure. The cause goes to the log, not to the caller.
    pub(crate) fn internal(attempt: &str, cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "could not {attempt}");
        let message = format!("could not {attempt}; the host's log says why");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message)
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The message's member and whether `Type` is told, by error type as the service model has it.
    fn shape(&self) -> (&'static str, bool) {
        match self.kind {
            "ResourceNotFoundException"
            | "CodeSigningConfigNotFoundException"
            | "ServiceException" => ("Message", true),
            "AccessDeniedException" => ("Message", false),
            "InvalidParameterValueException"
            | "InvalidRequestContentException"
            | "ResourceConflictException"
            | "PreconditionFailedException"
            | "RequestEntityTooLargeException"
            | "ProvisionedConcurrencyConfigNotFoundException"
            | "TooManyRequestsException" => ("message", true),
            _ => ("message", false),
        }
    }

    /// The reply.
    pub(crate) fn into_response(self) -> Response<Body> {
        let (member, typed) = self.shape();
        let mut body = Map::new();
        if let Some(reason) = self.reason {
            body.insert("Reason".to_owned(), reason.into());
        }
        if typed && self.tells_type {
            let fault = if self.status.is_server_error() { "Service" } else { "User" };
            body.insert("Type".to_owned(), fault.into());
        }
        body.insert(member.to_owned(), self.message.map_or(Value::Null, Value::from));

        let mut response = Response::new(Body::from(Value::from(body).to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.kind));
        response
    }
}
