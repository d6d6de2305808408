//! The crates that definitions become: a folder for each case in `generated/`, the definition
//! beside the files that it gives, and one build of all of them with the real runtime.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use promptpilot_codegen::{Facts, Sources, examine, sources};
use serde_json::{Value, json};

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generated(definition: &Path) -> Sources {
    let text = fs::read_to_string(definition).unwrap();
    let examined = examine(&text, &definition.display().to_string(), &Facts::default());
    sources(&examined.plan.unwrap_or_else(|| panic!("{:#?}", examined.findings)))
}

fn cases() -> BTreeMap<String, PathBuf> {
    let folders = fs::read_dir(here().join("tests/generated")).unwrap();
    folders
        .map(|folder| folder.unwrap().path())
        .map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), folder))
        .collect()
}

fn examples() -> Vec<PathBuf> {
    let folder = fs::read_dir(here().join("../examples")).unwrap();
    folder.map(|file| file.unwrap().path()).collect()
}

#[test]
fn each_definition_becomes_the_files_beside_it() {
    for (case, folder) in cases() {
        let sources = generated(&folder.join("definition.toml"));
        for (path, text) in &sources.files {
            let file = path.replace('/', ".").replace("src.", "");
            insta::with_settings!({
                snapshot_path => &folder,
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(file, text, &case);
            });
        }
    }
}

#[test]
fn the_same_definition_gives_the_same_bytes_and_another_one_another_name() {
    let mut names: Vec<_> = cases()
        .values()
        .map(|folder| {
            let definition = folder.join("definition.toml");
            let sources = generated(&definition);
            assert_eq!(sources, generated(&definition));
            sources.crate_name
        })
        .collect();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_line_of_main_leads_back_to_its_place_in_the_definition() {
    let sources = generated(&here().join("tests/generated/providers/definition.toml"));
    let main = &sources.files["src/main.rs"];
    let line = |part: &str| main.lines().position(|line| line.contains(part)).unwrap() + 1;
    let place = |part| sources.place_of("endpoints/x/src/main.rs", line(part));
    assert_eq!(place("Hello. What can I"), Some("/prompt/messages/2/content"));
    assert_eq!(place("max_length: Some(1000)"), Some("/request/question"));
    assert_eq!(place("seed: Some(-7)"), Some("/model/fallback/1"));
    assert_eq!(place("timeout_ms"), Some("/model/timeout"));
    assert_eq!(place("use std::process"), None);
    assert_eq!(sources.place_of("src/openapi.json", 3), None);
}

/// What a provider's strict mode asks of each object in a schema.
fn assert_strict(schema: &Value) {
    if schema["type"] == "object" {
        assert_eq!(schema["additionalProperties"], json!(false), "{schema}");
        let properties: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        let required: Vec<_> = schema["required"].as_array().unwrap().iter().collect();
        assert_eq!(required, properties, "{schema}");
    }
    match schema {
        Value::Object(map) => map.values().for_each(assert_strict),
        Value::Array(items) => items.iter().for_each(assert_strict),
        _ => {}
    }
}

#[test]
fn schemas_are_strict_for_providers_and_exact_for_callers() {
    let sources = generated(&here().join("tests/generated/fields/definition.toml"));
    let json = |file| serde_json::from_str::<Value>(&sources.files[file]).unwrap();

    let strict = json("src/response.schema.json");
    assert_strict(&strict);
    let strict = jsonschema::validator_for(&strict).unwrap();
    assert!(strict.is_valid(&json!({ "verdict": "yes", "score": 3, "reasons": null })));
    assert!(!strict.is_valid(&json!({ "verdict": "yes", "score": 3 })));

    let request = json("src/openapi.json")["components"]["schemas"]["Request"].take();
    let request = jsonschema::validator_for(&request).unwrap();
    let least = json!({ "title": "x", "authors": [] });
    assert!(request.is_valid(&least), "{:?}", request.validate(&least).err());
    assert!(
        request.is_valid(&json!({ "title": "x", "authors": [{ "name": "y", "books": null }] }))
    );
    for refused in [
        json!({ "authors": [] }),
        json!({ "title": "", "authors": [] }),
        json!({ "title": "x", "authors": [], "count": 1.5 }),
        json!({ "title": "x", "authors": [], "tags": [] }),
        json!({ "title": "x", "authors": [], "tone": "loud" }),
        json!({ "title": "x", "authors": [], "unknown": 1 }),
    ] {
        assert!(!request.is_valid(&refused), "{refused}");
    }
}

/// In the builder's layout: lanes beside the runtime's workspace. It lies in the target directory
/// and stays there, so that a second run compiles only what has changed.
#[test]
fn all_of_them_build_with_the_runtime_without_a_warning() {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let lane = build.join("lane");
    let _ = fs::remove_dir_all(lane.join("endpoints"));
    let definitions = cases().into_values().map(|folder| folder.join("definition.toml"));
    for definition in definitions.chain(examples()) {
        let sources = generated(&definition);
        let folder = lane.join("endpoints").join(&sources.crate_name);
        for (path, text) in &sources.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let repository = here().join("..").canonicalize().unwrap();
    let _ = symlink(&repository, build.join("promptpilot"));
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"endpoints/*\"]\n";
    fs::write(lane.join("Cargo.toml"), format!("{workspace}[profile.dev]\ndebug = false\n"))
        .unwrap();
    fs::copy(repository.join("Cargo.lock"), lane.join("Cargo.lock")).unwrap();

    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--workspace"])
        .current_dir(&lane)
        .env("CARGO_TARGET_DIR", build.join("target"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("endpoints/"), "{errors}");
}
