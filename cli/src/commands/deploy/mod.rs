//! `promptpilot deploy`: one request, then the stages as they happen.

pub(super) mod board;
pub(super) mod follow;
mod outcome;

use std::time::Instant;

use clap::Args;
use futures::future::try_join_all;

use self::board::Board;
use self::outcome::{Deployed, Outcome};
use super::Context;
use super::check::sources;
use crate::api::{ApiError, Batch, Client, DeployRequest};
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::findings::Reports;
use crate::folder::{self, DefinitionFile};
use crate::output::note;

/// Bring endpoints to their URLs
///
/// What is deployed together goes live together, or not at all: whatever fails, the old versions
/// go on serving.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot deploy                       # the only definition in endpoints/
  promptpilot deploy summarize extract     # by name
  promptpilot deploy examples/story.toml   # by path
  promptpilot deploy --all                 # all or none go live
  promptpilot deploy summarize --env staging")]
pub(crate) struct Deploy {
    /// Endpoints by name, or files by path
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// All of `endpoints/`
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Why, for the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Deploy even what has not changed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Whether somebody waits for what was queued, and how much they see of it.
#[derive(Debug, Args)]
pub(super) struct Wait {
    /// Return once it is queued
    #[arg(long)]
    no_wait: bool,
    /// Show the whole log as it is written
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) async fn run(context: &Context, args: Deploy) -> Result<(), Failure> {
    let files = match args.all {
        true => folder::all(&context.folder)?,
        false => folder::select(&context.folder, &args.names)?,
    };
    let client = Client::find(context)?;
    let began = Instant::now();
    let batch = request(context, &client, &args, &files).await?;
    let texts: Vec<_> = files.iter().map(|file| &*file.text).collect();
    show(context, &client, (batch, began), &texts, &args.wait).await
}

/// Shows that a batch is queued, or what happens to it and what came of it, beside the texts of its
/// definitions.
pub(super) async fn show(
    context: &Context,
    client: &Client,
    (batch, began): (Batch, Instant),
    texts: &[&str],
    wait: &Wait,
) -> Result<(), Failure> {
    if wait.no_wait {
        context.out.result(&batch::Queued::from(batch));
        return Ok(());
    }
    let board = Board::new(wait.verbose);
    let outcomes = batch.deployments.into_iter().zip(texts).map(|(accepted, text)| {
        let board = &board;
        async move {
            let deployment = match accepted.unchanged {
                true => None,
                false => {
                    Some(follow::to_the_end(client, board, accepted.id, &accepted.endpoint).await?)
                }
            };
            Ok::<_, ApiError>(Outcome::new(accepted, deployment, text))
        }
    });
    let outcomes = try_join_all(outcomes).await?;
    board.clear();
    let deployed = Deployed::new(outcomes, began.elapsed());
    context.out.result(&deployed);
    match deployed.failures() {
        failures if failures.is_empty() => Ok(()),
        failures => {
            if !context.out.is_json() {
                note(failures.trim_end());
            }
            Err(Failure::told(Exit::Failed))
        }
    }
}

/// Sends the definitions. What the check refuses is shown with its place.
async fn request(
    context: &Context,
    client: &Client,
    args: &Deploy,
    files: &[DefinitionFile],
) -> Result<Batch, Failure> {
    let body = DeployRequest {
        environment: context.global.env.clone(),
        definitions: sources(files),
        force: args.force,
        message: args.message.clone(),
    };
    let error = match client.post::<Batch>(&["deployments"], &body).await {
        Ok(batch) => {
            let warnings: Vec<_> = batch
                .deployments
                .iter()
                .flat_map(|accepted| accepted.findings.iter().cloned())
                .collect();
            if !warnings.is_empty() && !context.out.is_json() {
                note(Reports::of_files(files, &warnings).findings_only());
            }
            return Ok(batch);
        }
        Err(error) => error,
    };
    Err(refused(context, files, error, "nothing was deployed; what was live still is"))
}

/// What a server said against definitions, each with its place.
pub(super) fn refused(
    context: &Context,
    files: &[DefinitionFile],
    error: ApiError,
    outcome: &str,
) -> Failure {
    let findings = error.problem().map(|problem| problem.findings.as_slice()).unwrap_or_default();
    if findings.is_empty() {
        return error.into();
    }
    let reports = Reports::of_files(files, findings);
    match context.out.is_json() {
        true => context.out.result(&reports),
        false => note(reports.findings_only()),
    }
    Failure { exit: Exit::Usage, ..Failure::new(outcome) }
}

pub(super) mod batch {
    //! The result of `--no-wait`.

    use std::fmt;

    use serde::Serialize;

    use crate::api::{Accepted, Batch};
    use crate::style::STRONG;

    #[derive(Debug, Serialize)]
    #[serde(transparent)]
    pub(in crate::commands) struct Queued {
        batch: Batch,
    }

    impl From<Batch> for Queued {
        fn from(batch: Batch) -> Self {
            Self { batch }
        }
    }

    impl fmt::Display for Queued {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for Accepted { endpoint, version, status, id, .. } in &self.batch.deployments {
                writeln!(f, "{status} {STRONG}{endpoint} v{version}{STRONG:#} ({id})")?;
            }
            Ok(())
        }
    }
}
