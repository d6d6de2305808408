//! What Lambda says when it refuses, in words that the pipeline can ask about.

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

/// A call of Lambda's API that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("could not {attempted}: {message}")]
pub(crate) struct LambdaError {
    attempted: String,
    code: Option<String>,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LambdaError {
    /// Says what was attempted; for `map_err`.
    pub(crate) fn from_sdk<E, R>(attempted: &str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        move |error| {
            let code = error.code().map(ToOwned::to_owned);
            let message = match (&code, error.message()) {
                (Some(code), Some(message)) => format!("{message} ({code})"),
                (Some(code), None) => code.clone(),
                (None, _) => transport(&error),
            };
            Self {
                attempted: attempted.to_owned(),
                code,
                message,
                source: Some(error.into_source().unwrap_or_else(|error| Box::new(error))),
            }
        }
    }

    /// A failure that Lambda did not answer as an error.
    pub(crate) fn unexpected(attempted: &str, message: impl Into<String>) -> Self {
        Self { attempted: attempted.to_owned(), code: None, message: message.into(), source: None }
    }

    fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// There is no such function, version, alias or URL.
    pub(crate) fn not_found(&self) -> bool {
        self.is("ResourceNotFoundException")
    }

    /// Something is there already, or still changing.
    pub(crate) fn conflict(&self) -> bool {
        self.is("ResourceConflictException")
    }

    /// Somebody else changed it since we read it.
    pub(crate) fn stale(&self) -> bool {
        self.is("PreconditionFailedException")
    }
}

/// A failure below Lambda's own words.
fn transport<E, R>(error: &SdkError<E, R>) -> String
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error {
        SdkError::TimeoutError(_) => "it did not answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => {
            let mut deepest = "the connection failed".to_owned();
            let mut source =
                failure.as_connector_error().map(|error| error as &dyn std::error::Error);
            while let Some(error) = source {
                deepest = error.to_string();
                source = error.source();
            }
            format!("it cannot be reached: {deepest}")
        }
        other => crate::http::problem::chain(other),
    }
}
