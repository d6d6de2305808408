//! `promptpilot check`: all errors at once. Without a server, what only a server knows is left open.

use clap::Args;
use promptpilot_codegen::{Facts, Finding, Plan};

use super::Context;
use crate::api::{CheckAnswer, CheckRequest, Client, Source};
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::findings::Reports;
use crate::folder::{self, DefinitionFile};
use crate::output::note;

/// Check definitions, all errors at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot check                         # all of endpoints/
  promptpilot check summarize               # one, by name
  promptpilot check drafts/new.toml --json  # one, by path")]
pub(crate) struct Check {
    /// Endpoints by name, or files by path; none means all of `endpoints/`
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

pub(crate) async fn run(context: &Context, args: &Check) -> Result<(), Failure> {
    let files = match args.names.is_empty() {
        true => folder::all(&context.folder)?,
        false => folder::select(&context.folder, &args.names)?,
    };
    let findings = match ask(context, &files).await? {
        Some(findings) => findings,
        None => files.iter().map(local).collect(),
    };
    let reports = Reports::new(files.into_iter().zip(findings));
    context.out.result(&reports);
    if reports.errors == 0 {
        return Ok(());
    }
    if !context.out.is_json() {
        note(count(reports.errors));
    }
    Err(Failure::told(Exit::Usage))
}

/// `2 errors`
fn count(errors: usize) -> String {
    if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") }
}

/// What the server finds; `None` where none runs and none was asked for.
async fn ask(
    context: &Context,
    files: &[DefinitionFile],
) -> Result<Option<Vec<Vec<Finding>>>, Failure> {
    let Ok(client) = Client::find(context) else { return Ok(None) };
    let definitions = sources(files).into_iter().map(Into::into).collect();
    let answer: Result<CheckAnswer, _> =
        client.post(&["endpoints", "check"], &CheckRequest { definitions, code: false }).await;
    match answer {
        Ok(answer) => Ok(Some(answer.results.into_iter().map(|result| result.findings).collect())),
        Err(error) if context.global.server.is_none() && error.is_unreachable() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a definition comes to, with what was found. Where it refers to a prompt, a server is asked.
pub(crate) async fn plan(
    context: &Context,
    file: &DefinitionFile,
) -> Result<(Option<Plan>, Vec<Finding>), Failure> {
    if promptpilot_codegen::parse(&file.text, &file.path).reference().is_none() {
        let examined = promptpilot_codegen::examine(&file.text, &file.path, &Facts::default());
        return Ok((examined.plan, examined.findings));
    }
    let definitions = sources(std::slice::from_ref(file)).into_iter().map(Into::into).collect();
    let request = CheckRequest { definitions, code: false };
    let client = Client::find(context)?;
    let mut answer: CheckAnswer = client.post(&["endpoints", "check"], &request).await?;
    let checked = answer.results.pop().ok_or_else(|| {
        Failure::new("the server's check has no result, which this version does not understand")
    })?;
    Ok((checked.plan, checked.findings))
}

/// Definitions as the server takes them.
pub(crate) fn sources(files: &[DefinitionFile]) -> Vec<Source> {
    files.iter().map(|file| Source { file: file.path.clone(), toml: file.text.clone() }).collect()
}

/// What can be found without a server.
fn local(file: &DefinitionFile) -> Vec<Finding> {
    promptpilot_codegen::examine(&file.text, &file.path, &Facts::default()).findings
}
