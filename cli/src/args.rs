//! The command line.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::commands;

/// Compiles LLM endpoints: from a prompt to an HTTPS function of its own.
#[derive(Debug, Parser)]
#[command(
    name = "promptpilot",
    version,
    styles = crate::style::HELP,
    max_term_width = 100,
    subcommand_required = false,
    after_help = "Start with `promptpilot init`, then `promptpilot up` in one terminal and `promptpilot deploy` in another."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do; without it, what to do next is told.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Options of all commands.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Address of the server, where it is not this machine's. `PROMPTPILOT_TOKEN` is the token, or
    /// else what `promptpilot login` keeps
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "PROMPTPILOT_SERVER",
        help_heading = "Global options"
    )]
    pub(crate) server: Option<String>,
    /// The organization that is meant, by slug or id; needed by who is in several
    #[arg(
        long,
        global = true,
        value_name = "ORG",
        env = "PROMPTPILOT_ORG",
        help_heading = "Global options"
    )]
    pub(crate) org: Option<String>,
    /// The environment that is meant [default: production]
    #[arg(
        long,
        global = true,
        value_name = "ENV",
        env = "PROMPTPILOT_ENV",
        help_heading = "Global options"
    )]
    pub(crate) env: Option<String>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub(crate) color: ColorChoice,
}

/// Which Prompt Pilot of this machine is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Data directory of the Prompt Pilot to start or to talk to
    #[arg(long, value_name = "DIR", env = "PROMPTPILOT_DATA")]
    pub(crate) data: Option<PathBuf>,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first endpoint definition into `endpoints/`
    Init(commands::init::Init),
    /// Check definitions, all errors at once
    Check(commands::check::Check),
    /// Print the JSON Schema of definitions, for editors
    Schema,
    /// Print the Rust code that a definition becomes
    Source(commands::source::Source),
    /// Write an endpoint as a crate that builds and runs anywhere
    Export(commands::export::Export),
    /// Show what a deploy would do
    Plan(commands::plan::PlanArgs),
    /// Bring endpoints to their URLs
    Deploy(commands::deploy::Deploy),
    /// List endpoints and their URLs
    List(commands::list::List),
    /// Call an endpoint
    Call(commands::call::Call),
    /// Show the records of calls
    Calls(commands::calls::Calls),
    /// Make a recorded call again
    Replay(commands::replay::Replay),
    /// Write, version and label prompts
    Prompts(commands::prompts::Prompts),
    /// Run a prompt live, without an endpoint
    Run(commands::run::Run),
    /// Make, list, rotate and revoke the keys that callers of endpoints and prompts carry
    Keys(commands::keys::Keys),
    /// Store and check the keys that endpoints call their providers with
    Credentials(commands::credentials::Credentials),
    /// List models that are known, with prices and abilities
    Models(commands::models::Models),
    /// Make, list and delete environments, and set their variables
    Envs(commands::envs::Envs),
    /// Show calls, or the log of the last deployment
    Logs(commands::logs::Logs),
    /// Show whether everything runs
    Status(commands::status::Status),
    /// Bring what serves in one environment to another, without a build
    Promote(commands::promote::Promote),
    /// Go back to the version that served before
    Rollback(commands::rollback::Rollback),
    /// Take an endpoint down
    Delete(commands::delete::Delete),
    /// Log in to a server
    Login(commands::login::Login),
    /// Log out of a server
    Logout(commands::login::Logout),
    /// Show who you are to the server
    Whoami(commands::whoami::Whoami),
    /// List your organizations
    Orgs(commands::whoami::Orgs),
    /// Show and change who is in the organization
    Members(commands::members::Members),
    People(commands::people::People),
    /// Show and set what the organization may spend in a period
    Budget(commands::budget::Budgets),
    /// Show what was done in the organization, newest first
    Audit(commands::audit::Audit),
    /// Run everything on this machine
    Up(Box<crate::up::Up>),
    /// Run the API alone, against `DATABASE_URL`
    Serve(Box<crate::apart::Serve>),
    /// Run a deploy worker alone, against `DATABASE_URL`
    Worker(crate::apart::Worker),
    /// Write everything that `up` keeps into one file
    Backup(commands::backup::Backup),
    /// Bring a backup back, into an empty data directory
    Restore(commands::backup::Restore),
    /// Give the installation another secret key
    RotateKey(commands::rotate_key::RotateKey),
    /// Print a completion script for a shell
    Completions(commands::completions::Completions),
}

impl Command {
    /// Whether it serves others until it is ended.
    pub(crate) const fn serves(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Serve(_) | Self::Worker(_))
    }

    /// The data directory that was named; commands that need none have none.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        match self {
            Self::Init(_)
            | Self::Schema
            | Self::Login(_)
            | Self::Logout(_)
            | Self::Completions(_) => None,
            // They ask a server only where a definition refers to a prompt.
            Self::Source(_) | Self::Export(_) => commands::named_by_variable(),
            Self::Whoami(args) => args.place.data.clone(),
            Self::Orgs(args) => args.place.data.clone(),
            Self::Members(args) => args.data(),
            Self::People(args) => args.data(),
            Self::Budget(args) => args.data(),
            Self::Check(args) => args.place.data.clone(),
            Self::Plan(args) => args.place.data.clone(),
            Self::Deploy(args) => args.place.data.clone(),
            Self::List(args) => args.place.data.clone(),
            Self::Call(args) => args.place.data.clone(),
            Self::Calls(args) => args.data(),
            Self::Replay(args) => args.place.data.clone(),
            Self::Prompts(args) => args.data(),
            Self::Run(args) => args.place.data.clone(),
            Self::Keys(args) => args.data(),
            Self::Credentials(args) => args.data(),
            Self::Models(args) => args.place.data.clone(),
            Self::Envs(args) => args.data(),
            Self::Audit(args) => args.place.data.clone(),
            Self::Logs(args) => args.place.data.clone(),
            Self::Status(args) => args.place.data.clone(),
            Self::Promote(args) => args.place.data.clone(),
            Self::Rollback(args) => args.place.data.clone(),
            Self::Delete(args) => args.place.data.clone(),
            Self::Up(args) => args.place.data.clone(),
            Self::Backup(args) => args.place.data.clone(),
            Self::Restore(args) => args.place.data.clone(),
            Self::RotateKey(args) => args.place.data.clone(),
            Self::Serve(args) => args.common.place.data.clone(),
            Self::Worker(args) => args.common.place.data.clone(),
        }
    }
}
