//! What came of a deploy.

use std::fmt::{self, Write};
use std::time::Duration;

use promptpilot_codegen::Location;
use serde::Serialize;

use crate::api::{Accepted, Deployment, Status};
use crate::style::{ERROR, FAINT, GOOD, HINT, MARGIN, STRONG};
use crate::text::{span, span_ms};

/// All endpoints of one deploy.
#[derive(Debug, Serialize)]
pub(super) struct Deployed {
    endpoints: Vec<Outcome>,
    ms: u128,
    #[serde(skip)]
    took: Duration,
}

/// One endpoint.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    endpoint: String,
    version: i32,
    status: Status,
    unchanged: bool,
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<Deployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    curl: Option<String>,
}

impl Outcome {
    /// From what was asked for and what came of it; an unchanged endpoint has no new deployment.
    pub(super) fn new(accepted: Accepted, deployment: Option<Deployment>, text: &str) -> Self {
        let status = deployment.as_ref().map_or(accepted.status, |deployment| deployment.status);
        let url = deployment.as_ref().map_or(accepted.url, |deployment| deployment.url.clone());
        let curl = url.as_deref().filter(|_| status == Status::Live).and_then(|url| {
            let definition = promptpilot_codegen::parse(text, "").definition?;
            Some(promptpilot_codegen::sample(&definition).curl(url))
        });
        Self {
            endpoint: accepted.endpoint,
            version: accepted.version,
            status,
            unchanged: accepted.unchanged,
            url,
            deployment,
            curl,
        }
    }
}

impl Deployed {
    pub(super) fn new(endpoints: Vec<Outcome>, took: Duration) -> Self {
        Self { endpoints, ms: took.as_millis(), took }
    }

    /// What did not go live, and why; empty if all went well.
    pub(super) fn failures(&self) -> String {
        let mut text = String::new();
        for outcome in self.endpoints.iter().filter(|outcome| outcome.status != Status::Live) {
            let _ = write_failure(&mut text, outcome);
        }
        text
    }
}

fn write_failure(f: &mut String, outcome: &Outcome) -> fmt::Result {
    let name = &outcome.endpoint;
    let error = outcome.deployment.as_ref().and_then(|deployment| deployment.error.as_ref());
    let Some(error) = error else {
        return writeln!(
            f,
            "{ERROR}error{ERROR:#}: {STRONG}{name}{STRONG:#} was {}",
            outcome.status
        );
    };
    writeln!(f, "{ERROR}error{ERROR:#}: {STRONG}{name}{STRONG:#}: {}", error.message)?;
    if let Some(Location { file, line, column }) = &error.location {
        writeln!(f, "  {MARGIN}-->{MARGIN:#} {file}:{line}:{column}")?;
    }
    if let Some(hint) = &error.hint {
        writeln!(f, "{HINT}hint{HINT:#}: {hint}")?;
    }
    Ok(())
}

impl fmt::Display for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live: Vec<&Outcome> =
            self.endpoints.iter().filter(|outcome| outcome.status == Status::Live).collect();
        for outcome in &live {
            write!(
                f,
                "{GOOD}live{GOOD:#} {STRONG}{} v{}{STRONG:#}",
                outcome.endpoint, outcome.version
            )?;
            match outcome.unchanged {
                true => writeln!(f, " {FAINT}(nothing changed){FAINT:#}")?,
                false => writeln!(f, " in {}{}", span(self.took), stages(outcome))?,
            }
            if let Some(url) = &outcome.url {
                writeln!(f, "  {url}")?;
            }
        }
        if let [Outcome { curl: Some(curl), .. }] = live[..] {
            writeln!(f, "\nCall it:\n  {curl}")?;
        }
        Ok(())
    }
}

/// ` (building 0.55 s, publishing 60 ms)`
fn stages(outcome: &Outcome) -> String {
    let Some(deployment) = &outcome.deployment else { return String::new() };
    let times: Vec<String> = deployment
        .stages
        .iter()
        .filter_map(|stage| Some((stage.status, stage.duration_ms?)))
        .filter(|(status, _)| !status.is_final())
        .map(|(status, ms)| format!("{status} {}", span_ms(ms)))
        .collect();
    if times.is_empty() {
        return String::new();
    }
    format!(" {FAINT}({}){FAINT:#}", times.join(", "))
}
