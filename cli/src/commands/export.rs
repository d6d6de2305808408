//! `promptpilot export`: an endpoint as a crate that builds and runs without us.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, check};
use crate::error::{Exit, Failure};
use crate::findings::Reports;
use crate::folder;
use crate::output::note;
use crate::style::{GOOD, STRONG};
use crate::text::shell_word;

/// Write an endpoint as a crate that builds and runs anywhere
///
/// The folder holds the generated sources, the runtime's, a lock file, a Containerfile and a README. The
/// program answers over HTTP with `--listen`; it needs neither Prompt Pilot nor AWS.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot export summarize ./summarize
  cd summarize && cargo build --release --locked
  target/release/endpoint-summarize --listen 127.0.0.1:8080")]
pub(crate) struct Export {
    /// The endpoint by name, or a file by path
    name: String,
    /// The folder to write, which must not be there or be empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write into a folder that is not empty, over files of the same names
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Serialize)]
struct Exported {
    endpoint: String,
    folder: String,
    /// The program that `cargo build --release` makes, below the folder.
    program: String,
    files: usize,
    /// Variables that the program does not start without.
    variables: Vec<String>,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, folder, program, files, variables } = self;
        writeln!(
            f,
            "{GOOD}exported{GOOD:#} {STRONG}{endpoint}{STRONG:#} to {folder}, {files} files"
        )?;
        if !variables.is_empty() {
            writeln!(f, "  it will need {}: see .env.example", variables.join(", "))?;
        }
        writeln!(f)?;
        writeln!(f, "Next:")?;
        writeln!(f, "  cd {}", shell_word(folder))?;
        writeln!(f, "  cargo build --release --locked")?;
        writeln!(f, "  {program} --listen 127.0.0.1:8080")
    }
}

pub(crate) async fn run(context: &Context, args: &Export) -> Result<(), Failure> {
    let mut files = folder::select(&context.folder, std::slice::from_ref(&args.name))?;
    let file = files.remove(0);
    let (plan, findings) = check::plan(context, &file).await?;
    let definition = promptpilot_codegen::parse(&file.text, &file.path).definition;
    let curl = definition
        .map(|definition| promptpilot_codegen::sample(&definition).curl("http://127.0.0.1:8080/"));
    let (Some(plan), Some(curl)) = (plan, curl) else {
        note(Reports::new([(file, findings)]).findings_only());
        return Err(Failure::told(Exit::Usage));
    };
    let folder = context.folder.join(&args.folder);
    let shown = args.folder.display();
    let failed =
        |error: &io::Error| Failure::new(format!("could not write `{shown}`")).caused_by(error);
    if !args.force && !is_free(&folder).map_err(|error| failed(&error))? {
        return Err(Failure::new(format!("`{shown}` is not empty, and stays as it is"))
            .hint("choose another folder, or write into this one with `--force`"));
    }
    let export = promptpilot_control_plane::export(&plan, &curl);
    for (path, bytes) in &export.files {
        write(&folder.join(path), bytes).map_err(|error| failed(&error))?;
    }
    context.out.result(&Exported {
        endpoint: plan.name,
        folder: shown.to_string(),
        program: format!("target/release/{}", export.package),
        files: export.files.len(),
        variables: export.variables,
    });
    Ok(())
}

/// Whether there is nothing at a folder's place, or nothing in it.
fn is_free(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}
