//! The definition's own tests: their requests must be ones that the endpoint takes.

use promptpilot_spec::Definition;

use super::values;
use crate::finding::{Finding, child};

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    for (index, test) in definition.tests.iter().enumerate() {
        let pointer = child("/tests", index);
        let mut refusals = Vec::new();
        let request = child(&pointer, "request");
        values::object(&definition.request, &test.request, &request, &mut refusals);
        findings.extend(refusals.into_iter().map(|refusal| {
            let message = format!("the endpoint would refuse this request: {}", refusal.message);
            Finding::error("bad-test", refusal.pointer, message).maybe_hint(refusal.hint)
        }));
        let expect = child(&pointer, "expect");
        if let Some(latency) = test.expect.max_latency
            && latency > definition.model.timeout
        {
            let message = format!(
                "an answer may take {latency} here, but the call ends after {}",
                definition.model.timeout
            );
            findings.push(
                Finding::warning("test-latency", child(&expect, "max_latency"), message)
                    .hint("give less than `model.timeout`"),
            );
        }
        if let Some(empty) = test.expect.contains.iter().position(String::is_empty) {
            findings.push(
                Finding::warning(
                    "empty-expectation",
                    child(&child(&expect, "contains"), empty),
                    "every answer contains the empty text",
                )
                .hint("give a text that a good answer has"),
            );
        }
    }
}
