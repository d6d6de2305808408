//! Generate: the plan becomes the sources of a crate. Harmless to repeat: the same plan gives the
//! same bytes.

use super::{
    job::{Job, Stop, Work},
    model::Status,
};

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Generating).await?;
    let sources = promptpilot_codegen::sources(job.plan()?);
    if job.found_in() == Status::Queued {
        let bytes: usize = sources.files.values().map(String::len).sum();
        let text = format!("{}: {} files, {bytes} bytes", sources.crate_name, sources.files.len());
        work.say(job, text).await?;
    }
    job.sources = Some(sources);
    Ok(())
}
