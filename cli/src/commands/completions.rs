//! `promptpilot completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Context;
use crate::args::Cli;
use crate::error::Failure;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot completions bash > ~/.local/share/bash-completion/completions/promptpilot
  promptpilot completions zsh  > ~/.zfunc/_promptpilot
  promptpilot completions fish > ~/.config/fish/completions/promptpilot.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(context: &Context, args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "promptpilot", &mut script);
    context.out.raw(&String::from_utf8_lossy(&script));
    Ok(())
}
