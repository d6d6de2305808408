//! Check: the definition once more, with what the worker knows: a key may have gone since the
//! deployment was accepted. Makes a plan, and finds the credentials that later stages work with.
//! Harmless to repeat: it writes nothing.

use promptpilot_codegen::Severity;

use super::{
    job::{Job, Stop, Work},
    model::{Level, Source, Status},
};
use crate::{
    budget,
    credentials::Credentials,
    endpoints::check::{examine, facts, sound},
};

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Checking).await?;
    let source = Source { file: job.taken.file.clone(), toml: job.taken.toml.clone() };
    let mut db = work.plane.database().system().acquire().await?;
    job.credentials =
        Credentials::of(&mut db, work.claim.organization, job.taken.environment).await?;
    drop(db);
    let prompts = job.taken.prompt.clone().unwrap_or_default();
    let budgeted = budget::is_asked_for(&work.plane, work.claim.organization).await?;
    let facts = facts(work.plane.settings(), Some(&job.credentials), &prompts, budgeted);
    match sound(examine(&source, &facts)) {
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
