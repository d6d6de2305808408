//! `promptpilot init`: a first definition that works as it is.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::Context;
use crate::error::Failure;
use crate::folder::FOLDER;
use crate::style::{GOOD, STRONG};

/// The example. A test checks and deploys it.
const EXAMPLE: &str = include_str!("init/hello.toml");

/// Write a first endpoint definition into `endpoints/`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot init             # writes endpoints/hello.toml
  promptpilot init summarize   # writes endpoints/summarize.toml")]
pub(crate) struct Init {
    /// The endpoint's name
    #[arg(default_value = "hello")]
    name: String,
}

#[derive(Debug, Serialize)]
struct Written {
    file: String,
    name: String,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}wrote{GOOD:#} {STRONG}{}{STRONG:#}", self.file)?;
        writeln!(f)?;
        writeln!(f, "Next: `promptpilot up` in one terminal, and in another")?;
        writeln!(f, "  promptpilot deploy {}", self.name)
    }
}

pub(crate) fn run(context: &Context, args: &Init) -> Result<(), Failure> {
    let name = &args.name;
    if !is_name(name) {
        return Err(Failure::usage(format!("`{name}` is no name for an endpoint")).hint(
            "a name is up to 48 small letters, digits and hyphens, and begins with a letter",
        ));
    }
    let file = format!("{FOLDER}/{name}.toml");
    let folder = context.folder.join(FOLDER);
    let text = EXAMPLE.replace("\"hello\"", &format!("\"{name}\""));
    let write = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.toml"));
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
    };
    match write() {
        Ok(()) => {
            context.out.result(&Written { file, name: name.clone() });
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Failure::new(format!("`{file}` is there already, and stays as it is"))
                .hint("choose another name: `promptpilot init NAME`"))
        }
        Err(error) => Err(Failure::new(format!("could not write `{file}`")).caused_by(&error)),
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 48
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_passes_the_check() {
        let facts = promptpilot_codegen::Facts {
            credentials: Some(Default::default()),
            taken_names: Some(Default::default()),
            target: Some(promptpilot_codegen::Target::Aws),
            state: None,
            prompts: None,
        };
        let examined = promptpilot_codegen::examine(EXAMPLE, "hello.toml", &facts);
        assert_eq!(examined.findings, []);
        assert!(examined.plan.is_some());
    }

    #[test]
    fn names_are_what_the_definition_takes() {
        assert!(is_name("summarize-2"));
        for bad in ["", "2", "A", "a_b", "../a", &"a".repeat(49)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
