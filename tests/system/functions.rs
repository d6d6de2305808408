//! What is in a function and what is not.

use anyhow::Result;
use promptpilot_tests::Pilot;

const ALONE: &str = "name = \"alone\"\n[prompt]\ntemplate = \"Say {{ text }}\"\n[model]\nprovider = \"sandbox\"\n\
    name = \"echo\"\n[request.text]\ntype = \"string\"\n[auth]\nmode = \"public\"\n";

#[tokio::test]
async fn a_function_holds_only_the_provider_it_uses() -> Result<()> {
    let pilot = Pilot::start_with(&[("PROMPTPILOT_KEY_ANTHROPIC", "sk-test")]).await?;
    pilot.define("alone", ALONE)?;
    pilot.define(
        "other",
        &ALONE
            .replace("alone", "other")
            .replace("\"sandbox\"", "\"anthropic\"")
            .replace("\"echo\"", "\"claude-haiku-4-5\"\nmax_tokens = 10"),
    )?;
    pilot.deploy(&["alone", "other"]).await?;
    let sandbox = pilot.bootstrap("alone").await?;
    let anthropic = pilot.bootstrap("other").await?;
    assert!(holds(&anthropic, "api.anthropic.com"));
    for host in ["api.anthropic.com", "api.openai.com"] {
        assert!(!holds(&sandbox, host), "{host}");
    }
    assert!(!holds(&anthropic, "api.openai.com"));
    Ok(())
}

#[tokio::test]
async fn an_endpoint_has_the_same_bytes_alone_and_beside_seven_others() -> Result<()> {
    let alone = Pilot::start().await?;
    alone.define("alone", ALONE)?;
    alone.deploy(&["alone"]).await?;

    let beside = Pilot::start().await?;
    beside.define("alone", ALONE)?;
    for n in 1..=7 {
        let text =
            ALONE.replace("alone", &format!("other-{n}")).replace("Say", &format!("Say {n} times"));
        beside.define(&format!("other-{n}"), &text)?;
    }
    beside.cli(&["deploy", "--all"]).await?.ok()?;
    let (one, other) = (alone.bootstrap("alone").await?, beside.bootstrap("alone").await?);
    assert!(one == other, "{} and {} bytes", one.len(), other.len());
    Ok(())
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
