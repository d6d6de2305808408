//! What the binary says, as a person sees it: exit code, stdout, stderr.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// Runs the binary in a folder, away from whatever runs on this machine.
fn run(folder: &TempDir, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_promptpilot"))
        .args(args)
        .current_dir(folder.path())
        .env("PROMPTPILOT_DATA", folder.path().join("data"))
        .env_remove("PROMPTPILOT_SERVER")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = format!(
        "exit code: {}\n----- stdout -----\n{}----- stderr -----\n{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    );
    said.replace(&*folder.path().to_string_lossy(), "[FOLDER]")
}

fn folder(definitions: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("endpoints")).unwrap();
    for (name, text) in definitions {
        fs::write(folder.path().join("endpoints").join(format!("{name}.toml")), text).unwrap();
    }
    folder
}

#[test]
fn help_fits_on_a_page() {
    insta::assert_snapshot!(run(&folder(&[]), &["--help"]));
}

#[test]
fn a_wrong_command_offers_the_right_one() {
    insta::assert_snapshot!(run(&folder(&[]), &["deplo"]));
}

#[test]
fn bare_it_says_what_to_do_next() {
    insta::assert_snapshot!(run(&folder(&[]), &[]));
}

#[test]
fn init_writes_what_check_accepts() {
    let folder = folder(&[]);
    insta::assert_snapshot!("init", run(&folder, &["init", "greet"]));
    insta::assert_snapshot!("init_then_check", run(&folder, &["check"]));
    insta::assert_snapshot!("init_again", run(&folder, &["init", "greet"]));
}

#[test]
fn check_tells_all_errors_with_their_places() {
    let definition = "name = \"Greet\"\n[prompt]\ntemplate = \"Greet {{ nam }}\"\n[model]\n\
        provider = \"sandbx\"\nname = \"echo\"\n[request.name]\ntype = \"string\"\nmax = 3\n";
    insta::assert_snapshot!(run(&folder(&[("greet", definition)]), &["check"]));
}

#[test]
fn deploy_without_a_server_says_how_to_start_one() {
    let folder = folder(&[("greet", "name = \"greet\"")]);
    insta::assert_snapshot!(run(&folder, &["deploy"]));
}

#[test]
fn deploy_of_a_name_that_is_not_there_offers_the_nearest() {
    let folder = folder(&[("greet", "name = \"greet\""), ("part", "name = \"part\"")]);
    insta::assert_snapshot!("deploy_typo", run(&folder, &["deploy", "gret"]));
    insta::assert_snapshot!("deploy_which", run(&folder, &["deploy"]));
}

#[test]
fn a_part_without_the_secret_key_says_how_to_make_one() {
    let place = "--database-url postgres:///none --region none --role-arn none --access-key-id a";
    let args = format!("serve --listen 127.0.0.1:0 --token t {place} --secret-access-key s");
    let serve =
        |key: &[&str]| run(&folder(&[]), &[&args.split(' ').collect::<Vec<_>>(), key].concat());
    insta::assert_snapshot!("secret_key_missing", serve(&[]));
    insta::assert_snapshot!("secret_key_wrong", serve(&["--secret-key", "hunter2"]));
}

#[test]
fn completions_know_the_commands() {
    let script = run(&folder(&[]), &["completions", "bash"]);
    assert!(script.contains("rollback") && script.contains("--functions-port"));
}
