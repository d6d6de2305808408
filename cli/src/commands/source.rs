//! `promptpilot source`: what a definition becomes, without building it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Context, check};
use crate::error::{Exit, Failure};
use crate::findings::Reports;
use crate::folder;
use crate::output::note;
use crate::style::FAINT;

/// Print the Rust code that a definition becomes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot source summarize
  promptpilot source summarize --file src/main.rs
  promptpilot source summarize --out /tmp/summarize")]
pub(crate) struct Source {
    /// The endpoint by name, or a file by path
    name: Option<String>,
    /// Only this file
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Write the files below this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    out: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Generated {
    crate_name: String,
    files: BTreeMap<String, String>,
}

impl fmt::Display for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [text] = self.files.values().collect::<Vec<_>>()[..] {
            return f.write_str(text);
        }
        for (path, text) in &self.files {
            writeln!(f, "{FAINT}// ---- {path}{FAINT:#}\n{text}")?;
        }
        Ok(())
    }
}

pub(crate) async fn run(context: &Context, args: &Source) -> Result<(), Failure> {
    let wanted: Vec<String> = args.name.iter().cloned().collect();
    let mut files = folder::select(&context.folder, &wanted)?;
    let file = files.remove(0);
    let (plan, findings) = check::plan(context, &file).await?;
    let Some(plan) = plan else {
        note(Reports::new([(file, findings)]).findings_only());
        return Err(Failure::told(Exit::Usage));
    };
    let sources = promptpilot_codegen::sources(&plan);
    let mut generated = Generated { crate_name: sources.crate_name, files: sources.files };
    if let Some(only) = &args.file {
        let known: Vec<String> = generated.files.keys().cloned().collect();
        generated.files.retain(|path, _| path == only);
        if generated.files.is_empty() {
            return Err(Failure::usage(format!("no file `{only}` is generated"))
                .hint(format!("there are {}", folder::list(&known))));
        }
    }
    match &args.out {
        Some(folder) => write(folder, &generated),
        None => {
            context.out.result(&generated);
            Ok(())
        }
    }
}

fn write(folder: &std::path::Path, generated: &Generated) -> Result<(), Failure> {
    for (path, text) in &generated.files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(|error| {
            Failure::new(format!("could not write `{}`", path.display())).caused_by(&error)
        })?;
        note(format!("wrote {}", path.display()));
    }
    Ok(())
}
