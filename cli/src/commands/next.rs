//! Bare `promptpilot`: what to do next, from what is there.

use std::fmt;

use serde::Serialize;

use super::Context;
use crate::api::{Client, SystemStatus};
use crate::error::Failure;
use crate::folder::{self, FolderError};
use crate::style::{FAINT, STRONG};

#[derive(Debug, Serialize)]
struct Next {
    definitions: usize,
    running: Option<String>,
    next: &'static str,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{STRONG}Prompt Pilot{STRONG:#} compiles LLM endpoints: a prompt becomes an HTTPS function of its own."
        )?;
        writeln!(f)?;
        match self.definitions {
            0 => writeln!(f, "There are no endpoint definitions in this folder.")?,
            1 => writeln!(f, "There is one endpoint definition in `{}/`.", folder::FOLDER)?,
            n => writeln!(f, "There are {n} endpoint definitions in `{}/`.", folder::FOLDER)?,
        }
        match &self.running {
            Some(api) => writeln!(f, "Prompt Pilot is running at {api}.")?,
            None => writeln!(f, "Prompt Pilot is not running.")?,
        }
        writeln!(f)?;
        let (command, meaning) = match self.next {
            "init" => ("promptpilot init", "write a first definition"),
            "up" => ("promptpilot up", "start everything on this machine"),
            _ => ("promptpilot deploy", "bring it to its URL"),
        };
        writeln!(f, "Next: {STRONG}{command}{STRONG:#}  {FAINT}# {meaning}{FAINT:#}")?;
        writeln!(f, "All commands: `promptpilot --help`")
    }
}

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let definitions = match folder::all(&context.folder) {
        Ok(files) => files.len(),
        Err(FolderError::Empty) => 0,
        Err(error) => return Err(error.into()),
    };
    let running = match Client::find(context) {
        Ok(client) => {
            let answer = client.get::<SystemStatus>(&["status"], &[]).await;
            answer.ok().map(|_| client.address().to_owned())
        }
        Err(_) => None,
    };
    let next = match (definitions, &running) {
        (0, _) => "init",
        (_, None) => "up",
        (_, Some(_)) => "deploy",
    };
    context.out.result(&Next { definitions, running, next });
    Ok(())
}
