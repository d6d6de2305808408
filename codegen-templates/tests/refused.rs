//! What people read when a definition is wrong: one file each in `refused/`, everything that is
//! found in it beside it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use promptpilot_codegen::{Facts, Finding, Target, examine};
use promptpilot_spec::definition::{Architecture, ProviderKind};

fn facts() -> Facts {
    Facts {
        credentials: Some(BTreeSet::from([
            (ProviderKind::OpenAi, String::from("default")),
            (ProviderKind::Anthropic, String::from("default")),
        ])),
        taken_names: Some(BTreeSet::from([String::from("taken")])),
        target: Some(Target::Local(Architecture::X86_64)),
        state: None,
        prompts: None,
    }
}

fn shown(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        write!(text, "{severity}[{}]", finding.code).unwrap();
        if let Some(place) = &finding.location {
            write!(text, " {}:{}:{}", place.file, place.line, place.column).unwrap();
        }
        writeln!(text, " {}\n  {}", finding.pointer, finding.message).unwrap();
        if let Some(hint) = &finding.hint {
            writeln!(text, "  hint: {hint}").unwrap();
        }
    }
    text
}

#[test]
fn each_refusal_says_where_what_and_how_to_mend_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() > 10, "the cases lie in {}", folder.display());
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let examined = examine(&fs::read_to_string(&path).unwrap(), name, &facts());
        insta::with_settings!({
            snapshot_path => &folder,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, shown(&examined.findings));
        });
        let secrets_only = name == "secrets.toml";
        assert_eq!(examined.plan.is_some(), secrets_only, "{name}");
        assert!(examined.findings.iter().all(|finding| finding.location.is_some()), "{name}");
    }
}

#[test]
fn a_taken_name_is_refused_and_unknown_facts_are_only_told() {
    let text = r#"
        name = "taken"
        auth.mode = "public"
        prompt.template = "Hi"
        model = { provider = "anthropic", name = "claude-haiku-4-5" }
    "#;
    let known = examine(text, "a.toml", &facts());
    assert_eq!(codes(&known.findings), ["name-taken"]);

    let unknown = examine(text, "a.toml", &Facts::default());
    assert_eq!(codes(&unknown.findings), ["name-unchecked", "credential-unchecked"]);
    let plan = unknown.plan.unwrap();
    assert_eq!(plan.key_variables, ["PROMPTPILOT_KEY_ANTHROPIC"]);
    assert_eq!(plan.models[0].max_tokens, Some(64_000), "Anthropic asks for a largest answer");
}

#[test]
fn a_missing_key_is_an_error_that_says_how_to_store_it() {
    let text = r#"
        name = "a"
        auth.mode = "public"
        prompt.template = "Hi"
        model = { provider = "anthropic", name = "claude-haiku-4-5", credential = "team-b" }
    "#;
    let examined = examine(text, "a.toml", &facts());
    assert_eq!(codes(&examined.findings), ["no-credential"]);
    let hint = examined.findings[0].hint.clone().unwrap();
    assert!(hint.contains("credentials set anthropic --name team-b"), "{hint}");
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}
