//! Generate: the plan becomes the sources of a crate. Harmless to repeat: the same plan gives the
//! same bytes.

use super::{
    fingerprint::fingerprint,
    job::{Job, Stop, Work},
    model::Status,
    queue::store::{self, Made},
};

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Generating).await?;
    let plan = job.plan()?;
    let sources = promptpilot_codegen::sources(plan);
    let fingerprint =
        fingerprint(plan, job.taken.endpoint, work.plane.settings(), &job.credentials);
    let made = Made { fingerprint: Some(&fingerprint), ..Made::default() };
    let system = work.plane.database().system();
    store::save_made(system, work.claim.organization, job.taken.id, &made).await?;
    if job.found_in() == Status::Queued {
        let bytes: usize = sources.files.values().map(String::len).sum();
        let text = format!("{}: {} files, {bytes} bytes", sources.crate_name, sources.files.len());
        work.say(job, text).await?;
    }
    job.sources = Some(sources);
    Ok(())
}
