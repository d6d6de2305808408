//! The platform's limits, and which of them the definition leaves no room for.

use promptpilot_spec::{Definition, definition::Architecture};

use super::max_body;
use crate::{
    facts::{Facts, Target},
    finding::{Finding, child},
    plan::PlannedModel,
};

/// What AWS Lambda gives; the local host keeps to the same.
const MEMORY: std::ops::RangeInclusive<u32> = 128..=10_240;
const LONGEST: u64 = 15 * 60 * 1000;
const LARGEST_BODY: u64 = 6 * 1024 * 1024;
const LARGEST_ENVIRONMENT: usize = 4096;

/// How long before the platform's deadline a function answers that the time is up.
const LAST_WORD: u64 = 500;

/// What a function's environment holds beside provider keys: who it is, its token, its state store.
const OWN_VARIABLES: usize = 1024;

/// Room for one provider key. The longest ones in use have about 170 characters.
const KEY_LENGTH: usize = 256;

pub(super) fn check(
    definition: &Definition,
    facts: &Facts,
    models: &[&PlannedModel],
    findings: &mut Vec<Finding>,
) {
    check_function(definition, findings);
    check_times(definition, findings);
    check_body(definition, findings);
    check_environment(models, findings);
    check_target(definition, facts, findings);
    check_origins(definition, findings);
    check_budget(definition, findings);
}

fn check_function(definition: &Definition, findings: &mut Vec<Finding>) {
    let memory = definition.deploy.memory;
    if !MEMORY.contains(&memory) {
        findings.push(
            Finding::error("out-of-range", "/deploy/memory", format!("`memory` is {memory} MB"))
                .hint("a function has between 128 and 10240 MB"),
        );
    }
    if definition.deploy.concurrency == 0 {
        findings.push(
            Finding::error("out-of-range", "/deploy/concurrency", "`concurrency` is 0")
                .hint("give at least 1"),
        );
    }
}

fn check_times(definition: &Definition, findings: &mut Vec<Finding>) {
    let platform = definition.deploy.timeout;
    let call = definition.model.timeout;
    if platform.as_millis() < 1000 || platform.as_millis() > LONGEST {
        findings.push(
            Finding::error("out-of-range", "/deploy/timeout", format!("`timeout` is {platform}"))
                .hint("a function may run between 1s and 15m"),
        );
    } else if call.as_millis() + LAST_WORD > platform.as_secs_ceil() * 1000 {
        let seconds = (call.as_millis() + LAST_WORD).div_ceil(1000);
        let finding = Finding::error(
            "timeout-order",
            "/model/timeout",
            format!("the model may take {call}, but the function is ended after {platform}"),
        );
        findings.push(finding.hint(match seconds * 1000 <= LONGEST {
            true => format!("write `timeout = \"{seconds}s\"` under [deploy], or shorten this one"),
            false => String::from("a function may run for 15 minutes at most: shorten this one"),
        }));
    }
    if let Some(hedge) = definition.model.hedge
        && (hedge.as_millis() == 0 || hedge >= call)
    {
        let message = format!("`hedge` is {hedge}, and the call ends after {call}");
        findings.push(
            Finding::error("timeout-order", "/model/hedge", message)
                .hint("give less than `timeout`, and a little more than an answer usually takes"),
        );
    }
    if call.as_millis() == 0 {
        findings.push(
            Finding::error("out-of-range", "/model/timeout", "`timeout` is 0")
                .hint("give the model some time, such as \"30s\""),
        );
    }
}

fn check_body(definition: &Definition, findings: &mut Vec<Finding>) {
    let body = max_body(definition);
    if !(1..=LARGEST_BODY).contains(&body) {
        findings.push(
            Finding::error(
                "out-of-range",
                "/limits/max_body",
                format!("`max_body` is {body} bytes"),
            )
            .hint("the platform carries at most 6MiB"),
        );
    }
}

fn check_environment(models: &[&PlannedModel], findings: &mut Vec<Finding>) {
    let mut variables: Vec<_> =
        models.iter().filter_map(|model| model.key_variable.as_deref()).collect();
    variables.sort_unstable();
    variables.dedup();
    let keys: usize = variables.iter().map(|name| name.len() + KEY_LENGTH).sum();
    if OWN_VARIABLES + keys > LARGEST_ENVIRONMENT {
        let message = format!("{} different keys do not fit into a function", variables.len());
        findings.push(
            Finding::error("out-of-range", "/model/fallback", message)
                .hint("its environment holds 4 KB: use fewer credentials"),
        );
    }
}

fn check_target(definition: &Definition, facts: &Facts, findings: &mut Vec<Finding>) {
    let deploy = &definition.deploy;
    let here = match facts.target {
        Some(Target::Local(here)) => here,
        Some(Target::Aws) => {
            if deploy.concurrency > 1 {
                let message = "several calls in one process need a Managed Instance on AWS";
                findings.push(
                    Finding::error("not-available", "/deploy/concurrency", message)
                        .hint("leave `concurrency` out"),
                );
            }
            return;
        }
        None => {
            if deploy.architecture.is_some() {
                findings.push(Finding::unchecked(
                    "architecture-unchecked",
                    "/deploy/architecture",
                    "whether the target has this instruction set was not checked without a server",
                ));
            }
            return;
        }
    };
    if deploy.architecture.is_some_and(|wanted| wanted != here) {
        let message = "this machine has another instruction set";
        findings.push(
            Finding::error("wrong-architecture", "/deploy/architecture", message)
                .hint("leave `architecture` out: the target's own is taken"),
        );
    }
}

/// The instruction set to build for; `None` where only a server knows.
pub(super) fn architecture(definition: &Definition, facts: &Facts) -> Option<Architecture> {
    definition.deploy.architecture.or(match facts.target? {
        Target::Local(here) => Some(here),
        Target::Aws => Some(Architecture::Arm64),
    })
}

fn check_origins(definition: &Definition, findings: &mut Vec<Finding>) {
    let origins = definition.cors.iter().flat_map(|cors| &cors.origins).enumerate();
    for (index, origin) in origins.filter(|(_, origin)| !is_origin(origin)) {
        let message = format!("`{origin}` is no web origin");
        findings.push(
            Finding::error("bad-origin", child("/cors/origins", index), message)
                .hint("scheme and host without a path, such as `https://app.example.com`, or `*`"),
        );
    }
}

fn is_origin(origin: &str) -> bool {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    origin == "*" || host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_host))
}

fn check_budget(definition: &Definition, findings: &mut Vec<Finding>) {
    let soft = definition.limits.budget.as_ref().and_then(|budget| budget.soft);
    if soft.is_some_and(|soft| !(0.0..=1.0).contains(&soft)) {
        findings.push(
            Finding::error("out-of-range", "/limits/budget/soft", "`soft` is not a share")
                .hint("give a number between 0 and 1, such as 0.8"),
        );
    }
}
