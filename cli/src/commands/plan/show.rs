//! A plan as people read it.

use std::fmt;

use promptpilot_codegen::Bound;
use serde::Serialize;
use serde_json::Value;

use crate::api::{Action, DeployPlan, EndpointPlan};
use crate::style::{ERROR, FAINT, GOOD, STRONG, WARNING};

/// So much of a value is shown.
const SHOWN: usize = 60;

/// What a deploy would do.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Planned(pub(super) DeployPlan);

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for plan in &self.0.endpoints {
            write_endpoint(f, plan)?;
        }
        let environment = &self.0.environment;
        match self.0.changes {
            true => writeln!(f, "{FAINT}promptpilot deploy brings this to {environment}{FAINT:#}"),
            false => writeln!(f, "{FAINT}nothing to do in {environment}{FAINT:#}"),
        }
    }
}

fn write_endpoint(f: &mut fmt::Formatter<'_>, plan: &EndpointPlan) -> fmt::Result {
    let EndpointPlan { endpoint, version, .. } = plan;
    let (style, word) = match plan.action {
        Action::Create => (GOOD, "create"),
        Action::Change => (WARNING, "change"),
        Action::Republish => (WARNING, "republish"),
        Action::Unchanged => (FAINT, "unchanged"),
    };
    write!(f, "{style}{word}{style:#} {STRONG}{endpoint} v{version}{STRONG:#}")?;
    if let Some(live) = plan.live_version.filter(|live| live != version) {
        write!(f, " instead of v{live}")?;
    }
    if plan.action == Action::Unchanged {
        return writeln!(f);
    }
    writeln!(f, ": {}, {}", artifact(plan), cost(&plan.ceiling.micro_usd))?;
    for change in &plan.changes {
        let [from, to] = [&change.from, &change.to].map(|value| shown(value.as_ref()));
        writeln!(f, "  {}: {from} -> {to}", change.pointer)?;
    }
    if let Some(prompt) = &plan.prompt {
        let from = prompt.from.map_or_else(|| "another".to_owned(), |from| format!("v{from}"));
        writeln!(f, "  prompt {}: {from} -> v{}", prompt.name, prompt.to)?;
    }
    for broken in &plan.breaks {
        let (pointer, message) = (&broken.pointer, &broken.message);
        writeln!(f, "  {ERROR}breaks callers{ERROR:#} {pointer}: {message}")?;
    }
    for key in &plan.missing_credentials {
        writeln!(f, "  {ERROR}missing{ERROR:#} key {key}: a deploy is refused")?;
    }
    for finding in &plan.findings {
        writeln!(f, "  {WARNING}warning{WARNING:#} {}: {}", finding.pointer, finding.message)?;
    }
    Ok(())
}

fn artifact(plan: &EndpointPlan) -> &'static str {
    match &plan.artifact {
        Some(artifact) if artifact.reused => "nothing to build",
        Some(_) => "to be built",
        None => "built if a worker has not yet",
    }
}

/// The most that one call costs.
fn cost(bound: &Bound) -> String {
    match bound {
        Bound::AtMost(micro) => format!("at most {} USD a call", *micro as f64 / 1e6),
        Bound::Unbounded(places) => {
            format!("no bound on what a call costs: {}", places.join(", "))
        }
    }
}

/// A value on one line, cut where it is long.
fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_is_told_in_lines() {
        let plan: DeployPlan = serde_json::from_value(json!({
            "environment": "staging", "changes": true,
            "endpoints": [
                {
                    "endpoint": "greet", "file": "greet.toml", "action": "change", "version": 3,
                    "live_version": 2,
                    "changes": [
                        { "pointer": "/prompt/template", "from": "a".repeat(80), "to": "b" },
                        { "pointer": "/request/tone", "to": { "type": "string" } },
                    ],
                    "prompt": { "name": "welcome", "from": 1, "to": 2 },
                    "breaks": [{ "code": "request-field-required", "pointer": "/request/tone",
                        "message": "requests without it are refused" }],
                    "artifact": { "id": "0", "reused": false },
                    "ceiling": { "micro_usd": { "at_most": 1200 }, "millis": 30000,
                        "prompt_bytes": { "at_most": 9 } },
                    "missing_credentials": [{ "provider": "openai", "name": "default" }],
                },
                {
                    "endpoint": "part", "file": "part.toml", "action": "unchanged", "version": 1,
                    "live_version": 1,
                    "ceiling": { "micro_usd": { "unbounded": ["/request/text"] }, "millis": 30000,
                        "prompt_bytes": { "at_most": 9 } },
                },
            ],
        }))
        .unwrap();
        let told = anstream::adapter::strip_str(&Planned(plan).to_string()).to_string();
        insta::assert_snapshot!(told);
    }
}
