use std::{error::Error, fs, path::Path, process::Command};

use promptpilot_codegen::Facts;

use super::*;

type Outcome = Result<(), Box<dyn Error>>;

const CURL: &str = "curl http://127.0.0.1:8080/ -d '{\"name\":\"Ada\"}'";

fn exported(definition: &str) -> Result<Export, Box<dyn Error>> {
    let examined = promptpilot_codegen::examine(definition, "greet.toml", &Facts::default());
    let plan = examined.plan.ok_or_else(|| format!("{:?}", examined.findings))?;
    Ok(export(&plan, CURL))
}

fn greet(auth: &str) -> String {
    format!(
        "name = \"greet\"\n[prompt]\ntemplate = \"Greet {{{{ name }}}}\"\n[model]\n\
         provider = \"openai\"\nname = \"gpt-5-mini\"\nmax_tokens = 100\n[request.name]\n\
         type = \"string\"\n[auth]\nmode = \"{auth}\"\n"
    )
}

fn text<'a>(export: &'a Export, path: &str) -> &'a str {
    export.files.get(path).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
}

#[test]
fn everything_is_in_it() -> Outcome {
    let export = exported(&greet("public"))?;
    assert_eq!(export.package, "endpoint-greet");
    assert_eq!(export.variables, ["PROMPTPILOT_KEY_OPENAI"]);
    for path in ["src/main.rs", "promptpilot/runtime/src/lib.rs", "promptpilot/spec/src/lib.rs"] {
        assert!(export.files.contains_key(path), "{path}");
    }
    assert!(text(&export, "README.md").contains(CURL));
    assert!(text(&export, "Containerfile").contains("/release/endpoint-greet "));
    assert!(text(&export, ".env.example").contains("\nPROMPTPILOT_KEY_OPENAI=\n"));
    assert!(!text(&export, ".env.example").contains("PROMPTPILOT_STATE"));
    Ok(())
}

#[test]
fn what_looks_up_keys_needs_to_know_where_and_as_whom() -> Outcome {
    let export = exported(&greet("api-key"))?;
    for name in &export.variables {
        assert!(text(&export, ".env.example").contains(&format!("\n{name}=\n")), "{name}");
    }
    assert_eq!(export.variables.len(), 4);
    Ok(())
}

/// `UPDATE_LOCK=1` writes the file anew.
#[test]
fn the_lock_file_is_what_cargo_makes_of_ours() -> Outcome {
    let folder = tempfile::tempdir()?;
    let export = exported(&greet("public"))?;
    for (path, bytes) in &export.files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        fs::write(path, bytes)?;
    }
    let lock = folder.path().join("Cargo.lock");
    fs::write(&lock, carried::LOCK)?;
    let target = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let pruned = Command::new(env!("CARGO"))
        .args(["fetch", "--offline", "--target", &format!("{target}-unknown-linux-gnu")])
        .current_dir(folder.path())
        .output()?;
    assert!(pruned.status.success(), "{}", String::from_utf8_lossy(&pruned.stderr));
    let pruned = Lock::parse(&fs::read_to_string(&lock)?).with_members(&[]);
    if std::env::var_os("UPDATE_LOCK").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deploy/build/export/Cargo.lock");
        fs::write(file, &pruned)?;
    } else {
        assert!(pruned == LOCK, "run this test with UPDATE_LOCK=1");
    }
    Ok(())
}
