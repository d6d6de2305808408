//! Text that tries to break out of a literal, a path or a shell is text.

use anyhow::Result;
use promptpilot_tests::Pilot;
use serde_json::json;

/// What a definition's author may write and a caller may send.
const HOSTILE: [&str; 9] = [
    "\"#; fn main() { panic!() } //",
    "r##\"x\"## \"##",
    "'; rm -rf / #",
    "$(touch /tmp/never) `id` ${HOME}",
    "../../../../etc/passwd",
    "{{ text }} {% raw %} {{ 7 * 7 }}",
    "\u{202e}right to left\u{202c} \u{0}nul \u{7}bell",
    "line\nbreak\r\nand\ttab \\ \\n \\u{41}",
    "💥 e\u{301} \u{feff}\u{2028}",
];

#[tokio::test]
async fn what_callers_send_reaches_the_model_as_text() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.define("echo", &definition("{{ text }}"))?;
    let urls = pilot.deploy(&["echo"]).await?;
    for text in HOSTILE {
        assert_eq!(pilot.text(&urls[0], &json!({ "text": text })).await?, text);
    }
    Ok(())
}

#[tokio::test]
async fn what_authors_write_reaches_the_model_as_text() -> Result<()> {
    let pilot = Pilot::start().await?;
    // Braces are the template language's own; all else is text to it, too.
    let written: String =
        HOSTILE.into_iter().filter(|text| !text.contains("{{")).collect::<Vec<_>>().join("\n--\n");
    pilot.define("echo", &definition(&format!("{written}\n{{{{ text }}}}")))?;
    let urls = pilot.deploy(&["echo"]).await?;
    assert_eq!(pilot.text(&urls[0], &json!({ "text": "end" })).await?, format!("{written}\nend"));
    assert!(!std::path::Path::new("/tmp/never").exists());
    Ok(())
}

fn definition(template: &str) -> String {
    // A JSON string is a TOML basic string, but for the escapes of DEL.
    let template = serde_json::to_string(template).unwrap_or_default();
    format!(
        "name = \"echo\"\n[prompt]\ntemplate = {template}\n[model]\nprovider = \"sandbox\"\nname = \"echo\"\n\
         [request.text]\ntype = \"string\"\n[auth]\nmode = \"public\"\n"
    )
}
