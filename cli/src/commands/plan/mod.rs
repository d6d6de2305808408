//! `promptpilot plan`: what a deploy would do, without doing it.

mod show;

use clap::Args;

use self::show::Planned;
use super::check::sources;
use super::{Context, deploy};
use crate::api::{Client, DeployPlan, PlanRequest};
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::folder;

/// Show what a deploy would do
///
/// Which endpoints are new or change and in what, whether anything is built, what breaks callers, which keys
/// are missing, and what one call can cost at most. Nothing is saved.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot plan                          # all of endpoints/
  promptpilot plan summarize --env staging
  promptpilot plan --detailed-exitcode      # in CI: 0 nothing to do, 1 failed, 2 changes")]
pub(crate) struct PlanArgs {
    /// Endpoints by name, or files by path; none means all of `endpoints/`
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Exit with 0 where there is nothing to do, with 2 where a deploy would change something, and with 1
    /// where there is no plan
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

pub(crate) async fn run(context: &Context, args: &PlanArgs) -> Result<(), Failure> {
    let planned = plan(context, args).await;
    match planned {
        Ok(true) if args.detailed_exitcode => Err(Failure::told(Exit::Changes)),
        Ok(_) => Ok(()),
        // Whatever went wrong, 2 is taken.
        Err(failure) if args.detailed_exitcode => Err(Failure { exit: Exit::Failed, ..failure }),
        Err(failure) => Err(failure),
    }
}

/// Whether a deploy would do anything.
async fn plan(context: &Context, args: &PlanArgs) -> Result<bool, Failure> {
    let files = match args.names.is_empty() {
        true => folder::all(&context.folder)?,
        false => folder::select(&context.folder, &args.names)?,
    };
    let client = Client::find(context)?;
    let body = PlanRequest { definitions: sources(&files) };
    let plan: DeployPlan = match client.post(&["endpoints", "plan"], &body).await {
        Ok(plan) => plan,
        Err(error) => return Err(deploy::refused(context, &files, error, "there is no plan")),
    };
    let changes = plan.changes;
    context.out.result(&Planned(plan));
    Ok(changes)
}
