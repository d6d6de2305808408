//! `docs/cli.md` from the command tree, and the test that keeps them together.
//! `make docs` writes it anew.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use crate::args::Cli;

const HEAD: &str = "# Command line

<!-- Generated from the command tree by `make docs`. -->

Results go to stdout, as text or with `--json` as JSON. Everything else (progress, warnings, hints,
errors) goes to stderr. Colours appear on terminals only; `NO_COLOR` and `--color never` switch them
off.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | tried, and failed |
| 2 | the command line or a definition is wrong; nothing was tried. Of `plan --detailed-exitcode`: there are changes |
| 3 | no server answers |
| 130 | a second Ctrl-C: ended at once |
";

fn reference() -> String {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut text = HEAD.to_owned();
    let global: Vec<&Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).collect();
    text.push_str("\n## Global options\n");
    write_arguments(&mut text, &global);
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        write_command(&mut text, command.get_name(), command);
    }
    text
}

/// A command and those below it, by their full names.
fn write_command(text: &mut String, name: &str, command: &Command) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(text, "\n## `{name}`\n\n{}\n", about.unwrap_or_default());
    let _ = write!(text, "\n```\n{usage}\n```\n");
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && arg.get_id() != "help")
        .collect();
    write_arguments(text, &own);
    if let Some(examples) = command.get_after_help() {
        let (title, body) = examples.to_string().split_once(":\n").map_or_else(
            || (String::new(), examples.to_string()),
            |(title, body)| (title.to_owned(), body.to_owned()),
        );
        let _ = write!(text, "\n{title}:\n\n```sh\n{}\n```\n", unindented(&body));
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write_command(text, &format!("{name} {}", below.get_name()), below);
    }
}

fn write_arguments(text: &mut String, arguments: &[&Arg]) {
    if arguments.is_empty() {
        return;
    }
    text.push_str("\n| argument | meaning |\n| --- | --- |\n");
    for arg in arguments {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let environment =
            arg.get_env().map(|name| format!(" (variable `{}`)", name.to_string_lossy()));
        let _ = writeln!(
            text,
            "| `{}` | {}{} |",
            written(arg),
            help.replace('|', "\\|"),
            environment.unwrap_or_default()
        );
    }
}

/// `-m, --message <TEXT>`
fn written(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = arg.get_value_names().and_then(|names| names.first());
    match (arg.get_long(), value, arg.get_action().takes_values()) {
        (Some(long), Some(value), true) => format!("{short}--{long} <{value}>"),
        (Some(long), _, _) => format!("{short}--{long}"),
        (None, Some(value), _) => format!("<{value}>"),
        (None, None, _) => format!("<{}>", arg.get_id()),
    }
}

fn unindented(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    lines.join("\n")
}

#[test]
fn the_reference_page_is_the_command_tree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let now = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == now, "docs/cli.md is out of date: run `make docs`");
}

#[test]
fn the_command_tree_is_sound() {
    Cli::command().debug_assert();
}
