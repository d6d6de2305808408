//! A claimed batch, driven through the stages to its end.

use std::time::Duration;

use futures::{FutureExt, StreamExt, TryFutureExt, future::BoxFuture, stream};

use super::{
    build, check, generate,
    job::{Job, Stop, Work},
    live,
    model::{Failure, Level, Status},
    publish,
    queue::store,
    verify,
};
use crate::lambda::name::function_name;

/// Deployments of a batch that are published or verified at once.
const PARALLEL: usize = 8;

/// What became of a batch in this worker's hands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It came to its end; these functions now have a new version.
    Live(Vec<String>),
    /// It came to its end, and what was live still is.
    NotLive,
    /// Another worker is to go on, at once.
    GivenBack,
    /// It is another worker's, or will be once the lease has run out.
    LetGo,
}

/// Works on a batch until it ends or has to be given up.
pub(crate) async fn run(work: &Work) -> Outcome {
    match drive(work).await {
        Ok(outcome) => outcome,
        Err(Stop::Shutdown) => Outcome::GivenBack,
        Err(Stop::Database(error)) => {
            tracing::warn!(batch = %work.claim.batch, %error, "the database does not answer: the batch waits for a worker that reaches it");
            Outcome::LetGo
        }
        Err(_) => Outcome::LetGo,
    }
}

async fn drive(work: &Work) -> Result<Outcome, Stop> {
    let mut jobs = take(work).await?;
    if jobs.is_empty() {
        let mut db = work.plane.database().system().acquire().await?;
        store::finish(&mut db, &work.claim).await?;
        return Ok(Outcome::NotLive);
    }
    match stages(work, &mut jobs).await {
        Ok(()) => Ok(Outcome::Live(jobs.into_iter().map(|job| job.function).collect())),
        Err((index, Stop::Failed(failure))) => {
            end(work, &mut jobs, index, Some(*failure)).await?;
            Ok(Outcome::NotLive)
        }
        Err((index, Stop::Cancelled)) => {
            end(work, &mut jobs, index, None).await?;
            Ok(Outcome::NotLive)
        }
        Err((_, stop)) => Err(stop),
    }
}

/// Takes up the batch's deployments, and says so where another worker had begun.
async fn take(work: &Work) -> Result<Vec<Job>, Stop> {
    let system = work.plane.database().system();
    let organization = work.claim.organization;
    let mut jobs = Vec::new();
    for taken in store::take(system, &work.claim).await? {
        let function = function_name(organization, taken.environment, taken.endpoint, &taken.name);
        let begun = Status::from_word(&taken.status) != Status::Queued;
        let job = Job::new(taken, work.claim.attempts > 1 && begun, function);
        if job.resumed {
            let before = store::previous_worker(system, organization, job.taken.id).await?;
            let why = match before {
                Some(before) if before == work.worker => "it had lost the database".to_owned(),
                Some(before) => format!("{before} has stopped"),
                None => "another worker has stopped".to_owned(),
            };
            let text = format!("{} goes on from here: {why}", work.worker);
            work.log(&job, Level::Warn, &text).await?;
        }
        jobs.push(job);
    }
    Ok(jobs)
}

/// A stage that went wrong, with the deployment it went wrong for.
type Broken = (usize, Stop);

async fn stages(work: &Work, jobs: &mut [Job]) -> Result<(), Broken> {
    let faults = work.plane.settings().worker.faults;
    let rounds = if faults.twice { 2 } else { 1 };
    let after = |stage: Status| {
        if faults.stop_after == Some(stage) && work.claim.attempts == 1 {
            Err((0, Stop::Abandoned))
        } else {
            Ok(())
        }
    };
    for (index, job) in jobs.iter_mut().enumerate() {
        for _ in 0..rounds {
            check::run(work, job).await.map_err(|stop| (index, stop))?;
        }
    }
    after(Status::Checking)?;
    for (index, job) in jobs.iter_mut().enumerate() {
        for _ in 0..rounds {
            generate::run(work, job).await.map_err(|stop| (index, stop))?;
        }
    }
    after(Status::Generating)?;
    for _ in 0..rounds {
        build::stage::run(work, jobs).await?;
    }
    after(Status::Building)?;
    for _ in 0..rounds {
        each(work, jobs, |work, job| publish::run(work, job).boxed()).await?;
    }
    after(Status::Publishing)?;
    for _ in 0..rounds {
        each(work, jobs, |work, job| verify::run(work, job).boxed()).await?;
    }
    after(Status::Verifying)?;
    live::run(work, jobs).await?;
    after(Status::Live)
}

/// A stage that is one deployment's own business.
type Stage = for<'a> fn(&'a Work, &'a mut Job) -> BoxFuture<'a, Result<(), Stop>>;

/// Runs a stage for all deployments at once; all come to an end before the first failure counts.
async fn each(work: &Work, jobs: &mut [Job], stage: Stage) -> Result<(), Broken> {
    let running: Vec<BoxFuture<'_, Result<(), Broken>>> = jobs
        .iter_mut()
        .enumerate()
        .map(|(index, job)| stage(work, job).map_err(move |stop| (index, stop)).boxed())
        .collect();
    let ended: Vec<_> = stream::iter(running).buffer_unordered(PARALLEL).collect().await;
    let first = ended.into_iter().filter_map(Result::err).min_by_key(|(index, _)| *index);
    first.map_or(Ok(()), Err)
}

/// Ends a batch that does not go live: what was live is live again, then all of it is written
/// down. Without a failure it was cancelled.
async fn end(
    work: &Work,
    jobs: &mut [Job],
    index: usize,
    failure: Option<Failure>,
) -> Result<(), Stop> {
    for job in jobs.iter() {
        if matches!(job.stage, Status::Verifying | Status::Live) {
            put_back(work, job).await?;
        }
    }
    let blamed = jobs[index].taken.name.clone();
    let mut lines = Vec::new();
    let mut db = crate::database::begin_system(work.plane.database().system()).await?;
    for (at, job) in jobs.iter_mut().enumerate() {
        let (status, told) = match &failure {
            Some(failure) if at == index => (Status::Failed, failure.clone()),
            Some(_) => {
                let why = format!(
                    "stopped because `{blamed}` failed: all of a deploy goes live, or nothing"
                );
                (Status::Cancelled, job.fail(why))
            }
            None => (Status::Cancelled, job.fail("cancelled")),
        };
        let id = job.taken.id;
        let held =
            store::transition(&mut db, &work.claim, &work.worker, id, status, Some(&told)).await?;
        if !held {
            return Err(Stop::Lost);
        }
        lines.push((id, told));
    }
    store::finish(&mut db, &work.claim).await?;
    for (id, told) in lines {
        let mut text = told.sentence();
        if let Some(hint) = &told.hint {
            text = format!("{text}\nhint: {hint}");
        }
        let level = if told.message == "cancelled" { Level::Info } else { Level::Error };
        let organization = work.claim.organization;
        store::log(&mut db, organization, id, told.stage, level, &text).await?;
    }
    db.commit().await?;
    work.plane.bells().ring();
    Ok(())
}

/// Puts an alias back; tries for a while, since half a batch must not stay live.
async fn put_back(work: &Work, job: &Job) -> Result<(), Stop> {
    let mut tries = 0;
    loop {
        match live::restore(work, job).await {
            Ok(None) => return Ok(()),
            Ok(Some(told)) => return work.log(job, Level::Warn, &told).await,
            Err(Stop::Failed(failure)) if tries < 5 => {
                tries += 1;
                tracing::warn!(function = %job.function, why = %failure.message, "could not put the alias back yet");
                tokio::time::sleep(Duration::from_millis(200 << tries)).await;
            }
            Err(Stop::Failed(failure)) => {
                let text = format!("could not put the alias back: {}", failure.message);
                return work.log(job, Level::Error, &text).await;
            }
            Err(stop) => return Err(stop),
        }
    }
}
