//! The commands: each parses, makes its request and renders.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod budget;
pub(crate) mod call;
mod call_filter;
pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod credentials;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod envs;
mod erase;
pub(crate) mod export;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod members;
pub(crate) mod models;
pub(crate) mod next;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod promote;
pub(crate) mod prompts;
pub(crate) mod replay;
pub(crate) mod rollback;
pub(crate) mod rotate_key;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod status;
mod variables;
pub(crate) mod whoami;

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use crate::api::{Client, Endpoint};
use crate::args::{Cli, Command, Global};
use crate::error::Failure;
use crate::folder;
use crate::output::{Output, note};

/// What every command has at hand.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Options of all commands.
    pub(crate) global: Global,
    /// The data directory that was named.
    pub(crate) data: Option<PathBuf>,
    /// Where results go.
    pub(crate) out: Output,
    /// The user's folder.
    pub(crate) folder: PathBuf,
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let context = Context {
        out: Output::new(cli.global.json),
        data: cli.command.as_ref().map_or_else(named_by_variable, Command::data),
        global: cli.global,
        folder: PathBuf::from("."),
    };
    let Some(command) = cli.command else { return next::run(&context).await };
    match command {
        Command::Init(args) => init::run(&context, &args),
        Command::Check(args) => check::run(&context, &args).await,
        Command::Schema => schema::run(&context),
        Command::Source(args) => source::run(&context, &args).await,
        Command::Export(args) => export::run(&context, &args).await,
        Command::Plan(args) => plan::run(&context, &args).await,
        Command::Deploy(args) => deploy::run(&context, args).await,
        Command::List(_) => list::run(&context).await,
        Command::Call(args) => call::run(&context, args).await,
        Command::Calls(args) => calls::run(&context, args).await,
        Command::Replay(args) => replay::run(&context, &args).await,
        Command::Prompts(args) => prompts::run(&context, args).await,
        Command::Run(args) => run::run(&context, &args).await,
        Command::Keys(args) => keys::run(&context, args).await,
        Command::Credentials(args) => credentials::run(&context, args).await,
        Command::Models(args) => models::run(&context, &args).await,
        Command::Envs(args) => envs::run(&context, args).await,
        Command::Audit(args) => audit::run(&context, &args).await,
        Command::Logs(args) => logs::run(&context, &args).await,
        Command::Status(_) => status::run(&context).await,
        Command::Promote(args) => promote::run(&context, args).await,
        Command::Rollback(args) => rollback::run(&context, &args).await,
        Command::Delete(args) => delete::run(&context, &args).await,
        Command::Login(args) => login::login(&context, &args).await,
        Command::Logout(_) => login::logout(&context).await,
        Command::Whoami(_) => whoami::whoami(&context).await,
        Command::Orgs(_) => whoami::orgs(&context).await,
        Command::Members(args) => members::run(&context, args).await,
        Command::People(args) => people::run(&context, &args).await,
        Command::Budget(args) => budget::run(&context, args).await,
        Command::Up(args) => Box::pin(crate::up::run(&context, *args)).await,
        Command::Serve(args) => crate::apart::serve(&context, *args).await,
        Command::Worker(args) => crate::apart::worker(&context, args).await,
        Command::Backup(args) => Box::pin(backup::backup(&context, &args)).await,
        Command::Restore(args) => Box::pin(backup::restore(&context, &args)).await,
        Command::RotateKey(args) => Box::pin(rotate_key::run(&context, args)).await,
        Command::Completions(args) => completions::run(&context, &args),
    }
}

/// What a bare `promptpilot` goes by.
pub(crate) fn named_by_variable() -> Option<PathBuf> {
    std::env::var_os("PROMPTPILOT_DATA").map(PathBuf::from)
}

/// Asks on a terminal whether to do `what`; elsewhere nobody could answer.
fn confirm(what: &str, question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{what} has to be confirmed")).hint("add `--yes`"));
    }
    note(question);
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
        true => Ok(()),
        false => Err(Failure::new("nothing was done")),
    }
}

/// A deployed endpoint by name. A name that is not there offers the nearest that is.
async fn endpoint(client: &Client, name: &str) -> Result<Endpoint, Failure> {
    let error = match client.get(&["endpoints", name], &[]).await {
        Ok(endpoint) => return Ok(endpoint),
        Err(error) if error.is_not_found() => error,
        Err(error) => return Err(error.into()),
    };
    let failure = Failure::new(format!("no endpoint is named `{name}`"));
    let Ok(items) = client.all::<Endpoint>(&["endpoints"]).await else {
        return Err(error.into());
    };
    let known: Vec<String> = items.into_iter().map(|endpoint| endpoint.name).collect();
    Err(match folder::nearest(name, &known) {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None if known.is_empty() => {
            failure.hint("nothing is deployed yet; begin with `promptpilot deploy`")
        }
        None => failure.hint(format!("there are {}", folder::list(&known))),
    })
}
