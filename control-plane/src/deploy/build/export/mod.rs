//! An endpoint as a crate that stands alone: its sources, the runtime's, and what it takes to build
//! them without us.
//!
//! ```text
//! Cargo.toml, Cargo.lock, src/     the endpoint
//! promptpilot/                     the runtime's sources, carried in this binary
//! Containerfile, README.md, .env.example
//! ```

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt::Write};

use promptpilot_codegen::Plan;
use promptpilot_spec::{
    deployment::{IDENTITY_VARIABLE, PRIVATE_ADDRESSES_VARIABLE, TOKEN_VARIABLE},
    state::ADDRESS_VARIABLE,
};

use super::{
    carried,
    lane::profile,
    lock::{self, Lock},
};

/// What a build of the runtime with the feature `serve` needs; a test says whether it is up to date.
const LOCK: &str = include_str!("Cargo.lock");
const CONTAINERFILE: &str = include_str!("Containerfile");
const README: &str = include_str!("README.md");
const LICENSE: &str = include_str!("../../../../../LICENSE");

/// A crate to be written to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name of the crate and of the program that it becomes.
    pub package: String,
    /// Contents by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Variables that the program does not start without.
    pub variables: Vec<String>,
}

/// Makes a crate of a plan. `curl` is a call of it at `http://127.0.0.1:8080/`, for its README.
pub fn export(plan: &Plan, curl: &str) -> Export {
    let package = format!("{}{}", lock::PREFIX, plan.name);
    let mut files: BTreeMap<String, Vec<u8>> = carried::files()
        .map(|(path, bytes)| (format!("promptpilot/{path}"), bytes.to_vec()))
        .collect();
    let sources = promptpilot_codegen::sources(plan).files.into_iter();
    files.extend(sources.map(|(path, text)| (path, text.into_bytes())));
    let filled = |template: &str| {
        template
            .replace("{package}", &package)
            .replace("{name}", &plan.name)
            .replace("{curl}", curl)
            .into_bytes()
    };
    files.extend([
        ("Cargo.toml".to_owned(), manifest(plan, &package).into_bytes()),
        ("Cargo.lock".to_owned(), lock(&package).into_bytes()),
        ("Containerfile".to_owned(), filled(CONTAINERFILE)),
        ("README.md".to_owned(), filled(README)),
        (".env.example".to_owned(), environment(plan).into_bytes()),
        (".gitignore".to_owned(), b"/target/\n/.env\n".to_vec()),
        (".containerignore".to_owned(), b"target\n.env\n".to_vec()),
        ("promptpilot/LICENSE".to_owned(), LICENSE.as_bytes().to_vec()),
    ]);
    Export { package, files, variables: variables(plan) }
}

fn manifest(plan: &Plan, package: &str) -> String {
    format!(
        "# Written by `promptpilot export`: the endpoint `{}`, with all that it needs.\n\n\
         [package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n\
         promptpilot-runtime = {{ path = \"promptpilot/runtime\", features = [\"serve\"] }}\n\n\
         [workspace]\nexclude = [\"promptpilot\"]\n\n{}",
        plan.name,
        profile(plan.profile)
    )
}

fn lock(package: &str) -> String {
    Lock::parse(LOCK).with_members(&[package.to_owned()])
}

/// Keys of providers, and what a deployment has where API keys are looked up as one.
fn variables(plan: &Plan) -> Vec<String> {
    let mut variables = plan.key_variables.clone();
    if plan.state {
        variables.extend(state_variables().map(str::to_owned));
    }
    variables
}

fn state_variables() -> [&'static str; 3] {
    [ADDRESS_VARIABLE, TOKEN_VARIABLE, IDENTITY_VARIABLE]
}

/// An environment to be filled in.
fn environment(plan: &Plan) -> String {
    let mut text =
        format!("# The environment of the endpoint `{}`. Copy it to `.env`.\n", plan.name);
    if plan.key_variables.is_empty() {
        text.push_str("\n# It needs no provider's key.\n");
    } else {
        text.push_str("\n# Keys of the providers that it asks.\n");
        for name in &plan.key_variables {
            let _ = writeln!(text, "{name}=");
        }
    }
    if plan.state {
        text.push_str(
            "\n# Where the API keys of its callers are looked up, and as which deployment: the values that\n\
             # its deployed function has. In a shell, JSON stands in single quotes; for `--env-file` it\n\
             # does not.\n",
        );
        for name in state_variables() {
            let _ = writeln!(text, "{name}=");
        }
    }
    let _ = write!(
        text,
        "\n# Where to listen, instead of `--listen`.\n# PROMPTPILOT_LISTEN=127.0.0.1:8080\n\
         # What its log tells: off, error, warn or info.\n# PROMPTPILOT_LOG=info\n\
         # `deny` keeps it from calling private addresses.\n# {PRIVATE_ADDRESSES_VARIABLE}=deny\n"
    );
    text
}
