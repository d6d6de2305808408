//! Providers' own clients read what is recorded of them as we do, and their own models take what we
//! send.

use std::{fs, path::Path, process::Command};

use crate::suite::{Form, PROVIDERS, recorded, recorded_stream, request};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[test]
fn official_clients_read_every_answer_as_we_do() -> Result<()> {
    let hint = "PROMPTPILOT_SDKS must name a virtual environment with the providers' clients: run \
                `make test`, or `scripts/need sdks` and set it to target/sdks";
    let sdks = std::env::var_os("PROMPTPILOT_SDKS").ok_or(hint)?;
    let sent = tempfile::tempdir()?;
    for (name, provider) in PROVIDERS {
        let file = |kind: &str| sent.path().join(format!("{name}.{kind}"));
        fs::write(file("answer"), provider.answer(&recorded(name, "answer.json"))?.text)?;
        fs::write(file("stream"), recorded_stream(name, "stream.sse"))?;
        fs::write(file("tools"), recorded_stream(name, "tools.sse"))?;
        for form in Form::ALL {
            let name_of_form = format!("{form:?}.json").to_lowercase();
            fs::write(file(&name_of_form), request(name, provider, form).body)?;
        }
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let judged = Command::new(Path::new(&sdks).join("bin/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(tests.join("judges/providers.py"))
        .args([sent.path(), &tests.join("providers")])
        .output()?;
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    assert_eq!(said.trim(), "10 providers read, 12 requests taken");
    Ok(())
}
