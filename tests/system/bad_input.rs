//! What people get wrong, and what machines do: a sentence, a way out, an exit code, and what was
//! live stays live.

use std::fs::File;
use std::net::TcpListener;

use anyhow::Result;
use nix::fcntl::{Flock, FlockArg};
use promptpilot_tests::{Pilot, Run, binary, build_folder, program};
use serde_json::json;

#[tokio::test]
async fn a_bad_definition_is_refused_with_its_place_and_changes_nothing() -> Result<()> {
    let pilot = Pilot::start().await?;
    let good = pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let bad = [
        ("broken TOML", good.replace("[model]", "[model"), "toml-syntax", "expected `]`"),
        (
            "an unknown key",
            good.replace("max_tokens", "max_token"),
            "unknown-key",
            "did you mean `max_tokens`?",
        ),
        (
            "an unknown variable",
            good.replace("{{ text }}", "{{ txt }}"),
            "undeclared-variable",
            "did you mean `text`?",
        ),
        (
            "a template error",
            good.replace("{% endif %}", "{% endfor %}"),
            "template-syntax",
            "unknown statement endfor",
        ),
        (
            "a missing key",
            good.replace("\"sandbox\"", "\"openai\"").replace("\"echo\"", "\"gpt-5-mini\""),
            "no-credential",
            "promptpilot credentials set openai",
        ),
    ];
    for (what, text, code, way_out) in bad {
        assert_ne!(text, good, "{what}");
        pilot.define("summarize", &text)?;
        let run = pilot.cli(&["deploy", "summarize"]).await?;
        assert_eq!(run.code, Some(2), "{what}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("error[{code}]: ")), "{what}: {}", run.stderr);
        assert!(run.stderr.contains("--> endpoints/summarize.toml:"), "{what}: {}", run.stderr);
        assert!(run.stderr.contains(way_out), "{what}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{what}");
        let answer = pilot.text(&urls[0], &json!({ "text": "Tea is warm." })).await?;
        assert!(answer.contains("Tea is warm."), "{what}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_two_definitions_take_is_refused() -> Result<()> {
    let pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    pilot.define("twin", &text)?;
    let run = pilot.cli(&["deploy", "--all"]).await?;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("error[name-taken]: "), "{}", run.stderr);
    assert_eq!(pilot.cli(&["list", "--json"]).await?.ok()?.json()?["items"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_flag() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    let squatter = TcpListener::bind("127.0.0.1:0")?;
    let port = squatter.local_addr()?.port().to_string();
    for flag in ["--port", "--functions-port"] {
        let run = pilot.cli(&["up", flag, &port]).await?;
        assert_eq!(run.code, Some(1));
        assert_eq!(run.error()?, format!("port {port} is in use by another program"));
        assert_eq!(run.hint()?, format!("choose another with `{flag} PORT`; 0 means any free one"));
    }
    Ok(())
}

#[tokio::test]
async fn a_machine_without_a_compiler_is_told_so() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    let mut up = pilot.command(&["up"])?;
    up.env("PATH", "/nowhere").env("CARGO_HOME", "/nowhere").env("HOME", "/nowhere");
    let run = Run::of(up).await?;
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.error()?,
        "no Rust compiler was found, and deployments are compiled on this machine"
    );
    assert!(run.hint()?.contains("install Rust"));
    Ok(())
}

#[tokio::test]
async fn a_machine_without_postgres_is_told_so() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    let mut up = pilot.command(&["up"])?;
    up.env("PROMPTPILOT_POSTGRES", "/nowhere");
    let run = Run::of(up).await?;
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.error()?,
        "`PROMPTPILOT_POSTGRES` names `/nowhere`, where no PostgreSQL 15 or later is"
    );
    assert!(run.hint()?.contains("DATABASE_URL"));
    Ok(())
}

#[tokio::test]
async fn a_data_directory_of_another_postgres_is_refused() -> Result<()> {
    let mut pilot = Pilot::prepare(&[])?;
    pilot.up().await?;
    pilot.stop().await?;
    std::fs::write(pilot.data().join("postgres/PG_VERSION"), "99\n")?;
    let run = pilot.cli(&["up"]).await?;
    assert_eq!(run.code, Some(1));
    assert!(
        run.error()?.contains("was made by PostgreSQL 99, and this machine has "),
        "{}",
        run.stderr
    );
    assert!(run.hint()?.contains("install PostgreSQL 99"));
    Ok(())
}

#[tokio::test]
async fn a_data_directory_of_a_newer_schema_is_refused_and_stays_as_it_is() -> Result<()> {
    let mut pilot = Pilot::prepare(&[])?;
    pilot.up().await?;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
        values (9999, 'from tomorrow', true, '', 0)";
    pilot.sql(newer).await?;
    pilot.stop().await?;
    let run = pilot.cli(&["up"]).await?;
    assert_eq!(run.code, Some(1));
    assert!(
        run.error()?.contains("schema version 9999, newer than this program's"),
        "{}",
        run.stderr
    );
    assert!(!pilot.data().join("up.json").exists());
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_told_in_a_sentence() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    // A disk of eight megabytes: not even an empty database fits.
    let mut up = program("bwrap");
    up.args([
        "--dev-bind",
        "/",
        "/",
        "--size",
        "8388608",
        "--tmpfs",
        "/mnt",
        "--chmod",
        "0755",
        "/mnt",
        "--",
    ])
    .arg(binary()?)
    .args(["up", "--data", "/mnt/data", "--port", "0", "--functions-port", "0"])
    .current_dir(pilot.folder());
    let run = Run::of(up).await?;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.error()?.contains("No space left on device"), "{}", run.stderr);
    assert!(run.hint()?.contains("--data"), "{}", run.stderr);
    Ok(())
}

#[tokio::test]
async fn a_build_that_hangs_is_ended_and_the_old_version_serves() -> Result<()> {
    let pilot = Pilot::start_with(&[("PROMPTPILOT_BUILD_TIMEOUT", "3s")]).await?;
    let text = pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    // Whoever holds this lock keeps cargo waiting for ever.
    let lock = File::open(build_folder()?.join("lane-0-fast/target/release/.cargo-lock"))?;
    let _held = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    pilot.define("summarize", &text.replace("Summarise the text below", "CHANGED"))?;
    let run = pilot.cli(&["deploy", "summarize"]).await?;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.error()?, "summarize: the build was stopped after 3 s");
    let answer = pilot.text(&urls[0], &json!({ "text": "Tea is warm." })).await?;
    assert!(answer.contains("Summarise the text below"), "{answer}");
    Ok(())
}
