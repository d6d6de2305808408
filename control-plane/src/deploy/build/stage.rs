//! The stage *build*: for each deployment the artifact of its sources, found or built. What has
//! to be built in the same way goes into one cargo call. Harmless to repeat: an artifact that
//! exists is never built again.

use std::time::Instant;

use tokio::sync::mpsc;

use super::{BuildError, Built, Diagnostic, Kind, glibc};
use crate::{
    artifacts::{
        package,
        store::{self as artifacts, Artifact},
    },
    deploy::{
        fingerprint::fingerprint,
        job::{Job, Stop, Work},
        model::{Failure, Level, Status},
        queue::store::{self, Brought, Made},
    },
};

/// A deployment whose artifact must be built.
struct Wanted {
    index: usize,
    id: String,
    kind: Kind,
}

pub(crate) async fn run(work: &Work, jobs: &mut [Job]) -> Result<(), (usize, Stop)> {
    let mut wanted = Vec::new();
    for (index, job) in jobs.iter_mut().enumerate() {
        wanted.extend(find(work, job, index).await.map_err(|stop| (index, stop))?);
    }
    while let Some(first) = wanted.first() {
        let kind = first.kind;
        let (group, others) = wanted.into_iter().partition(|wanted| wanted.kind == kind);
        wanted = others;
        build(work, jobs, kind, group).await?;
    }
    Ok(())
}

/// Looks for a deployment's artifact.
async fn find(work: &Work, job: &mut Job, index: usize) -> Result<Option<Wanted>, Stop> {
    work.enter(job, Status::Building).await?;
    let kind = job.kind(work.plane.settings().lambda.endpoint_url.is_some())?;
    let id = work.plane.builder().artifact_id(job.sources()?, kind).await;
    let id = id.map_err(|error| failure(job, &error).stop())?;
    let (wanted, told) = match &job.taken.brought {
        Some(brought) => {
            let artifact = brought.artifact.clone().ok_or_else(|| gone(job, brought).stop())?;
            (artifact, format!("brought from `{}`: nothing to compile", brought.from))
        }
        None => (id.clone(), "built before: nothing to compile".to_owned()),
    };
    let Some(artifact) = kept(work, job, &wanted).await? else {
        // The same sources give the same bytes, so they stand for what is gone.
        return match &job.taken.brought {
            Some(brought) if wanted != id => Err(gone(job, brought).stop()),
            _ => Ok(Some(Wanted { index, id, kind })),
        };
    };
    if job.found_in() != Status::Verifying {
        work.say(job, told).await?;
    }
    keep(work, job, artifact, &id).await?;
    Ok(None)
}

/// An artifact that is known, with its code at hand.
async fn kept(work: &Work, job: &Job, id: &str) -> Result<Option<Artifact>, Stop> {
    let organization = work.claim.organization;
    let known = artifacts::artifact(work.plane.database().system(), organization, id).await?;
    match work.plane.artifacts().has(organization, id).await {
        Ok(kept) => Ok(known.filter(|_| kept)),
        Err(error) => Err(job.fail(error.to_string()).internal().stop()),
    }
}

/// What was to be brought is not there any more, and today's sources would be something else.
fn gone(job: &Job, brought: &Brought) -> Failure {
    let message = format!("the code that serves in `{}` is not kept any more", brought.from);
    job.fail(message).hint(Some("deploy the version there once more, then promote it"))
}

/// Builds the artifacts of one kind.
async fn build(
    work: &Work,
    jobs: &mut [Job],
    kind: Kind,
    group: Vec<Wanted>,
) -> Result<(), (usize, Stop)> {
    let first = group.first().map_or(0, |wanted| wanted.index);
    let mut crates = Vec::new();
    for wanted in &group {
        let sources = jobs[wanted.index].sources().map_err(|stop| (wanted.index, stop))?;
        crates.push(sources.clone());
    }
    crates.sort_by(|a, b| a.crate_name.cmp(&b.crate_name));
    crates.dedup_by(|a, b| a.crate_name == b.crate_name);
    let started = Instant::now();
    let built = {
        let (sender, mut receiver) = mpsc::unbounded_channel::<String>();
        let told = move |text: String| drop(sender.send(text));
        let building =
            async move { work.plane.builder().build(kind, &crates, &told, &work.halt).await };
        let ids: Vec<_> = group.iter().map(|wanted| jobs[wanted.index].taken.id).collect();
        let writing = async {
            while let Some(text) = receiver.recv().await {
                for id in &ids {
                    work.write(*id, Status::Building, Level::Info, &text).await?;
                }
            }
            Ok::<(), Stop>(())
        };
        let (built, written) = tokio::join!(building, writing);
        written.map_err(|stop| (first, stop))?;
        built
    };
    let built = match built {
        Ok(built) => built,
        Err(BuildError::Cancelled) => {
            work.go_on().map_err(|stop| (first, stop))?;
            return Err((first, Stop::Cancelled));
        }
        Err(BuildError::Refused(found)) => {
            let index = blamed(jobs, &group, &found).unwrap_or(first);
            return Err((index, refused(&jobs[index], &found).stop()));
        }
        Err(error) => return Err((first, failure(&jobs[first], &error).stop())),
    };
    let build_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    for wanted in group {
        let job = &mut jobs[wanted.index];
        let name = job.sources().map(|sources| sources.crate_name.clone());
        let name = name.map_err(|stop| (wanted.index, stop))?;
        let Some(built) = built.iter().find(|built| built.crate_name == name) else { continue };
        store_one(work, job, &wanted, built, build_ms)
            .await
            .map_err(|stop| (wanted.index, stop))?;
    }
    Ok(())
}

/// Packs a bootstrap and keeps it.
async fn store_one(
    work: &Work,
    job: &mut Job,
    wanted: &Wanted,
    built: &Built,
    build_ms: i64,
) -> Result<(), Stop> {
    let settings = work.plane.settings();
    if settings.lambda.endpoint_url.is_none()
        && let Some(needed) = glibc::needed(&built.bootstrap).filter(|it| *it > glibc::LAMBDA)
    {
        return Err(too_new(job, needed).stop());
    }
    let bootstrap = built.bootstrap.clone();
    let size = bootstrap.len();
    let packed = tokio::task::spawn_blocking(move || package::pack(&bootstrap)).await;
    let packed = packed
        .map_err(|error| {
            job.fail(format!("could not pack the program: {error}")).internal().stop()
        })?
        .map_err(|error| {
            job.fail(format!("could not pack the program: {error}")).internal().stop()
        })?;
    let zipped = packed.zip.len();
    work.plane.artifacts().put(work.claim.organization, &wanted.id, packed.zip).await.map_err(
        |error| {
            if error.is_disk_full() {
                failure(job, &BuildError::DiskFull).stop()
            } else {
                job.fail(error.to_string()).internal().stop()
            }
        },
    )?;
    let artifact = Artifact {
        id: wanted.id.clone(),
        code_sha256: packed.code_sha256,
        zip_bytes: i64::try_from(zipped).unwrap_or(i64::MAX),
        binary_bytes: i64::try_from(size).unwrap_or(i64::MAX),
        architecture: wanted.kind.architecture_name().to_owned(),
        build_ms,
    };
    let system = work.plane.database().system();
    artifacts::save_artifact(system, work.claim.organization, &artifact).await?;
    let text = format!(
        "built in {:.2} s: {:.1} MB, {:.1} MB packed",
        build_ms as f64 / 1e3,
        size as f64 / 1e6,
        zipped as f64 / 1e6
    );
    work.say(job, text).await?;
    keep(work, job, artifact, &wanted.id).await
}

/// Takes an artifact for the deployment's own. What was brought may be made of other sources than those of
/// `today`: then it has no fingerprint, and a deploy of the same version is none too many.
async fn keep(work: &Work, job: &mut Job, artifact: Artifact, today: &str) -> Result<(), Stop> {
    let (plan, settings) = (job.plan()?, work.plane.settings());
    let fingerprint = (artifact.id == today)
        .then(|| fingerprint(plan, job.taken.endpoint, settings, &job.credentials));
    let fingerprint = fingerprint.as_deref();
    let made = Made { artifact: Some(&artifact.id), fingerprint, ..Made::default() };
    let system = work.plane.database().system();
    store::save_made(system, work.claim.organization, job.taken.id, &made).await?;
    job.artifact = Some(artifact);
    Ok(())
}

/// The deployment whose generated code rustc refuses.
fn blamed(jobs: &[Job], group: &[Wanted], found: &[Diagnostic]) -> Option<usize> {
    let crate_name = &found.first()?.crate_name;
    let mine = |wanted: &&Wanted| {
        let sources = jobs[wanted.index].sources.as_ref();
        sources.is_some_and(|sources| sources.crate_name == *crate_name)
    };
    group.iter().find(mine).map(|wanted| wanted.index)
}

/// rustc's refusal, with the definition's place rather than the generated file's alone.
fn refused(job: &Job, found: &[Diagnostic]) -> Failure {
    let Some(first) = found.first() else {
        return job.fail("the generated code does not compile").internal();
    };
    let error = BuildError::Refused(found.to_vec());
    let message = format!("{error} ({}:{})", first.file, first.line);
    let failure = job.fail(message).internal().hint(error.hint());
    let sources = job.sources.as_ref();
    match sources.and_then(|sources| sources.place_of(&first.file, first.line)) {
        Some(pointer) => failure.at(pointer, job.location(pointer)),
        None => failure,
    }
}

/// A program that would die at its start on Lambda.
fn too_new(job: &Job, needed: glibc::Version) -> Failure {
    let message = format!("the program needs {needed}, and Lambda has {}", glibc::LAMBDA);
    let hint = "build where the C library is older, or set `deploy.architecture` to the other \
                one, which is built against Lambda's own";
    job.fail(message).internal().hint(Some(hint))
}

fn failure(job: &Job, error: &BuildError) -> Failure {
    job.fail(crate::http::problem::chain(error)).internal().hint(error.hint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::queue::store::Taken;

    const TOML: &str = "name = \"hello\"\n[prompt]\ntemplate = \"Hello {{ word }}\"\n[model]\n\
        provider = \"sandbox\"\nname = \"echo\"\n[request.word]\ntype = \"string\"\n[auth]\n\
        mode = \"public\"\n";

    #[test]
    fn a_refusal_is_shown_with_the_definitions_place() -> Result<(), &'static str> {
        let examined = promptpilot_codegen::examine(TOML, "hello.toml", &Default::default());
        let sources = promptpilot_codegen::sources(&examined.plan.ok_or("no plan")?);
        let main = &sources.files["src/main.rs"];
        let line = main.lines().position(|line| line.contains("Hello {{ word }}"));
        let line = line.ok_or("the template is not there")? + 1;
        let id = uuid::Uuid::nil();
        let taken = Taken {
            id,
            endpoint: id,
            name: "hello".to_owned(),
            environment: id,
            environment_name: "production".to_owned(),
            version: 1,
            file: "hello.toml".to_owned(),
            toml: TOML.to_owned(),
            prompt: None,
            status: "building".to_owned(),
            function_version: None,
            brought: None,
        };
        let mut job = Job::new(taken, false, "pp-hello".to_owned());
        let diagnostic = Diagnostic {
            crate_name: sources.crate_name.clone(),
            file: "src/main.rs".to_owned(),
            line,
            message: "mismatched types".to_owned(),
            rendered: String::new(),
        };
        job.sources = Some(sources);
        let failure = refused(&job, &[diagnostic]);
        assert!(
            failure.message.starts_with("the generated code does not compile: mismatched types")
        );
        let location = failure.location.ok_or("no location")?;
        assert_eq!((&*location.file, location.line), ("hello.toml", 3));
        Ok(())
    }
}
