//! Check: the definition once more, with what the worker knows: a key may have gone since the
//! deployment was accepted. Makes a plan. Harmless to repeat: it writes nothing.

use std::collections::BTreeSet;

use promptpilot_codegen::Severity;

use super::{
    job::{Job, Stop, Work},
    model::{Level, Source, Status},
};
use crate::endpoints::check::{examine, sound};

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Checking).await?;
    let source = Source { file: job.taken.file.clone(), toml: job.taken.toml.clone() };
    let prompts = job.taken.prompt.clone().unwrap_or_default();
    match sound(examine(&source, work.plane.settings(), BTreeSet::new(), &prompts)) {
        Ok((_, plan, findings)) => {
            for finding in findings {
                let text = job.fail_with(&finding).sentence();
                let level = match finding.severity {
                    Severity::Warning => Level::Warn,
                    Severity::Error | Severity::Unchecked => Level::Info,
                };
                work.log(job, level, &text).await?;
            }
            job.plan = Some(plan);
            Ok(())
        }
        Err(findings) => {
            let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
            for finding in errors.iter().skip(1) {
                work.log(job, Level::Error, &job.fail_with(finding).sentence()).await?;
            }
            Err(match errors.first() {
                Some(first) => job.fail_with(first).stop(),
                None => job.fail("the check gave no plan").internal().stop(),
            })
        }
    }
}
