//! Runtimes that are no bootstrap: an interpreter of the machine with the service's interface
//! client for its language.

use std::path::{Path, PathBuf};

use super::bootstrap::Program;

/// Where a function's process would look, too.
const PROGRAMS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
const PYTHON_CLIENT: &str = "awslambdaric";
const NODE_CLIENT: &str = "aws-lambda-ric/bin/index.mjs";
/// Where npm keeps what is installed for everybody.
const NODE_MODULES: [&str; 2] = ["/usr/local/lib/node_modules", "/usr/lib/node_modules"];

/// What a runtime needs and the machine has not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotInstalled {
    #[error("the runtime {runtime} needs {program} in {}", PROGRAMS.join(", "))]
    Interpreter { runtime: String, program: String },
    #[error(
        "the runtime {runtime} needs awslambdaric (put it into the package, with pip install \
         --target, or install it for {program})"
    )]
    PythonClient { runtime: String, program: String },
    #[error(
        "the runtime {runtime} needs aws-lambda-ric (put it into the package's node_modules, or \
         npm install --global aws-lambda-ric)"
    )]
    NodeClient { runtime: String },
}

/// The interpreter that runs the code in `directory`, which the process finds at `task_root`;
/// `None` for a runtime that brings its own bootstrap.
pub(super) fn program(
    runtime: &str,
    directory: &Path,
    task_root: &Path,
    handler: &str,
) -> Result<Option<Program>, NotInstalled> {
    if runtime.starts_with("python") {
        return python(runtime, directory, handler).map(Some);
    }
    if runtime.starts_with("nodejs") {
        return node(runtime, directory, task_root, handler).map(Some);
    }
    Ok(None)
}

/// `python3.12` is a program of that name.
fn python(runtime: &str, directory: &Path, handler: &str) -> Result<Program, NotInstalled> {
    let path = find(runtime, runtime)?;
    if !directory.join(PYTHON_CLIENT).is_dir() && !has_client(&path, runtime) {
        let program = path.display().to_string();
        return Err(NotInstalled::PythonClient { runtime: runtime.to_owned(), program });
    }
    let arguments = ["-m", PYTHON_CLIENT, handler].map(str::to_owned);
    Ok(Program { path, arguments: arguments.into() })
}

/// Whether the client is among what is installed for the interpreter.
fn has_client(interpreter: &Path, name: &str) -> bool {
    let Some(prefix) = interpreter.parent().and_then(Path::parent) else { return false };
    let places = [format!("lib/{name}/site-packages"), "lib/python3/dist-packages".to_owned()];
    let local = prefix.join(format!("local/lib/{name}/dist-packages"));
    places
        .iter()
        .map(|place| prefix.join(place))
        .chain([local])
        .any(|place| place.join(PYTHON_CLIENT).is_dir())
}

/// `nodejs22.x` is whatever `node` is there: its versions are not installed side by side.
fn node(
    runtime: &str,
    directory: &Path,
    task_root: &Path,
    handler: &str,
) -> Result<Program, NotInstalled> {
    let path = find(runtime, "node")?;
    let own = Path::new("node_modules").join(NODE_CLIENT);
    let shared = NODE_MODULES.iter().map(|modules| Path::new(modules).join(NODE_CLIENT));
    let client = match directory.join(&own).is_file() {
        true => Some(task_root.join(own)),
        false => shared.into_iter().find(|client| client.is_file()),
    };
    let client = client.ok_or(NotInstalled::NodeClient { runtime: runtime.to_owned() })?;
    let arguments = vec![client.display().to_string(), handler.to_owned()];
    Ok(Program { path, arguments })
}

fn find(runtime: &str, program: &str) -> Result<PathBuf, NotInstalled> {
    let found = PROGRAMS.iter().map(|dir| Path::new(dir).join(program)).find(|it| it.is_file());
    found.ok_or_else(|| NotInstalled::Interpreter {
        runtime: runtime.to_owned(),
        program: program.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let told = |runtime| {
            program(runtime, dir.path(), Path::new("/var/task"), "app.handler").unwrap_err()
        };
        assert_eq!(
            told("python3.99").to_string(),
            "the runtime python3.99 needs python3.99 in /usr/local/bin, /usr/bin, /bin"
        );
    }

    #[test]
    fn a_bootstrap_needs_no_interpreter() {
        let found = program("provided.al2023", Path::new("/"), Path::new("/var/task"), "h");
        assert_eq!(found, Ok(None));
    }
}
