//! What can go wrong between a command and the server.

use std::error::Error;

use promptpilot_codegen::Finding;
use serde::Deserialize;

use crate::error::{Exit, Hint};

/// An RFC 9457 document.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) hint: Option<String>,
    pub(crate) findings: Vec<Finding>,
}

impl Problem {
    /// Whether the problem is of this kind, whatever base its `type` has.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.rsplit(['/', ':', '#']).next() == Some(kind)
    }

    fn text(&self) -> &str {
        if self.detail.is_empty() { &self.title } else { &self.detail }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("no server answers at {url}")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("the connection to the server broke while waiting for {what}")]
    Broken { what: String, source: Box<dyn Error + Send + Sync> },
    #[error("{}", problem.text())]
    Problem { status: u16, problem: Box<Problem> },
    #[error("the server answered {what} in a way that this version does not understand")]
    Answer { what: String, source: serde_json::Error },
    #[error("the server answered {what} with {status} and without an explanation")]
    Status { what: String, status: u16 },
    #[error("`{0}` is no address of a server")]
    Address(String),
}

impl ApiError {
    /// The problem document, where the server sent one.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether nobody listens there.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the server does not know who asks.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Problem { status: 401, .. } | Self::Status { status: 401, .. })
    }

    /// Whether what was asked for does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Problem { status: 404, .. } | Self::Status { status: 404, .. })
    }
}

impl Hint for ApiError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => Some(
                "start it with `promptpilot up`, or name a server with `--server URL`".to_owned(),
            ),
            Self::Broken { .. } => {
                Some("see whether it still runs with `promptpilot status`".to_owned())
            }
            Self::Problem { status: 401, .. } => {
                Some("log in with `promptpilot login`, or set `PROMPTPILOT_TOKEN`".to_owned())
            }
            Self::Problem { problem, .. } if problem.is("organization-required") => {
                Some("add `--org`; `promptpilot orgs` lists them".to_owned())
            }
            Self::Problem { problem, .. }
                if problem.is("prompt-in-use") || problem.is("label-in-use") =>
            {
                problem.hint.as_ref().map(|hint| hint.replace("?force=true", "--force"))
            }
            Self::Problem { problem, .. } => problem.hint.clone(),
            Self::Address(_) => Some("an address is like `http://127.0.0.1:7433`".to_owned()),
            Self::Answer { .. } | Self::Status { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => Exit::Unreachable,
            Self::Address(_) => Exit::Usage,
            Self::Problem { problem, .. }
                if problem.is("definition-invalid") || problem.is("prompt-invalid") =>
            {
                Exit::Usage
            }
            Self::Problem { .. } | Self::Answer { .. } | Self::Status { .. } => Exit::Failed,
        }
    }
}
