//! What the doors for programs add to a provider's answer, beside what a bare proxy adds.

use std::time::Duration;

use anyhow::Result;
use promptpilot_tests::Pilot;
use reqwest::Method;
use serde_json::json;

use super::server::Server;
use super::turn;
use crate::beside::Beside;
use crate::figures::Figures;
use crate::load::{Ask, Target};
use crate::table::Table;

/// How long the provider takes, in microseconds.
const LATENCY: &str = "5000";
const ROUNDS: usize = 8;
const WINDOW: Duration = Duration::from_millis(1500);

pub(super) async fn measure(pilot: &Pilot, server: &Server, table: &mut Table) -> Result<()> {
    let provider = Beside::start("bench-provider", Some(LATENCY)).await?;
    let base = format!("http://{}/v1", provider.address);
    let chat = format!("{base}/chat/completions");
    let proxy = Beside::start("bench-proxy", Some(&chat)).await?;
    let model = json!({ "provider": "openai-compatible", "name": "bench", "base_url": base, "max_tokens": 100 });
    for (name, template) in [("door", "{{ text }}"), ("chat", "Be brief.")] {
        let content = json!({ "prompt": { "template": template }, "model": model });
        let prompt = json!({ "name": name, "content": content });
        server.send(Method::POST, "/api/prompts", &prompt).await?;
    }
    let proxy = format!("http://{}/", proxy.address);
    let mut figures: [Figures; 4] = Default::default();
    for round in 0..=ROUNDS {
        // A key is good for 600 calls a minute.
        let name = if round == 0 { "doors".to_owned() } else { format!("doors-{round}") };
        let key = pilot.cli(&["keys", "create", &name, "--prompts", "--no-endpoints"]).await?;
        let key = key.ok()?.stdout;
        let ours =
            |path: &str, ask| Target::new(&format!("{}{path}", server.url), ask)?.key(key.trim());
        let targets = [
            Target::new(&chat, Ask::Chat("bench"))?,
            Target::new(&proxy, Ask::Chat("bench"))?,
            ours("/v1/prompts/door/execute", Ask::Variables)?,
            ours("/v1/chat/completions", Ask::Chat("prompt:chat"))?,
        ];
        for (target, figures) in targets.iter().zip(&mut figures) {
            turn(figures, target, WINDOW, round).await?;
        }
    }
    let (direct, bare) = (&figures[0], figures[1].added_p50(&figures[0]));
    table.note("bare axum + reqwest proxy, added p50", "ms", bare);
    for (what, figures) in ["execute", "OpenAI's door"].into_iter().zip(&figures[2..]) {
        let added = figures.added_p50(direct);
        table.at_most(&format!("{what}, added p50 beside the proxy's"), "×", added / bare, 5.0);
    }
    Ok(())
}
