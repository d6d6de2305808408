//! OpenAI's own clients, in Python and in Node, ask prompts: whole, streamed, held to a schema, and
//! wrongly, so that they raise what they raise at home. One prompt is the sandbox's; another one's model
//! is served by `llmock`, which watches how it is asked.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::{Failure, Outcome, pilot::Pilot};

/// The folder with the clients.
pub(crate) fn clients() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_SDKS must name a folder with OpenAI's clients: run `make test`, or \
                `scripts/need sdks` and set it to target/sdks";
    Ok(std::env::var_os("PROMPTPILOT_SDKS").map(PathBuf::from).ok_or(hint)?)
}

/// A server of models that others wrote.
struct Mock {
    url: String,
    _server: Child,
}

impl Mock {
    async fn start(pilot: &Pilot) -> Result<Self, Failure> {
        // A free port, since the server tells of none that it chose itself.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let server = Command::new(clients()?.join("bin/llmock"))
            .args(["serve", "--host", "127.0.0.1", "--log-level", "error"])
            .args(["--port", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mock = Self { url: format!("http://{address}"), _server: server };
        let patience = Instant::now() + Duration::from_secs(30);
        while pilot.client.get(format!("{}/health", mock.url)).send().await.is_err() {
            assert!(Instant::now() < patience, "llmock does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(mock)
    }

    /// Errors that it finds in how it was asked.
    async fn faults(&self, pilot: &Pilot) -> Result<Vec<Value>, Failure> {
        let verdict = pilot.client.get(format!("{}/_llmock/verdict", self.url)).send().await?;
        let verdict: Value = verdict.json().await?;
        let findings = verdict["findings"].as_array().cloned().unwrap_or_default();
        Ok(findings.into_iter().filter(|finding| finding["severity"] == "error").collect())
    }
}

async fn prompt(pilot: &Pilot, name: &str, template: &str, model: Value) -> Outcome {
    let content =
        json!({ "prompt": { "system": "Be brief.", "template": template }, "model": model });
    let (status, made) =
        pilot.post("/api/prompts", json!({ "name": name, "content": content })).await?;
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/prompts/{}/labels/production", name.replace('/', "%2F"));
    pilot.request(Method::PUT, &path, Some(json!({ "version": 1 }))).await?;
    Ok(())
}

async fn key(pilot: &Pilot, name: &str, more: Value) -> Result<String, Failure> {
    let mut new = json!({ "name": name });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, key) = pilot.post("/api/api-keys", new).await?;
    assert_eq!(status, 201, "{key}");
    Ok(key["key"].as_str().unwrap().to_owned())
}

/// Lets a client ask, and gives back what it says at the end.
async fn judge(program: PathBuf, script: &str) -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let mock = Mock::start(&pilot).await?;
    let secret = json!({ "provider": "openai-compatible", "secret": "sk-of-this-test" });
    pilot.request(Method::PUT, "/api/provider-credentials", Some(secret)).await?;
    let sandbox = |name: &str| json!({ "provider": "sandbox", "name": name });
    let served = json!({
        "provider": "openai-compatible", "name": "gpt-4o", "credential": "default",
        "base_url": format!("{}/v1", mock.url),
    });
    prompt(&pilot, "chat/greet", "Greet {{ name }}", sandbox("echo")).await?;
    prompt(&pilot, "served", "Greet {{ name }}", served).await?;
    prompt(&pilot, "broken", "Greet {{ name }}", sandbox("stream-break")).await?;
    prompt(&pilot, "failing", "Greet {{ name }}", sandbox("fail-500")).await?;
    let live = key(&pilot, "live", json!({ "prompts": "all" })).await?;
    let test = key(&pilot, "test", json!({ "prompts": "all", "test": true })).await?;
    let closed = key(&pilot, "closed", json!({})).await?;

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/judges").join(script);
    let judged = Command::new(program)
        .arg(script)
        .args([&format!("{}/v1", pilot.url), &live, &test, &closed])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CLIENTS", clients()?)
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&judged.stdout);
    let failed = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{said}{failed}");
    assert_eq!(said.trim(), "12 judged", "{failed}");
    assert_eq!(mock.faults(&pilot).await?, Vec::<Value>::new());

    // Each request that was let in has left one record.
    let calls = pilot.get("/api/calls?limit=100").await?;
    let calls = calls["items"].as_array().unwrap();
    assert!(calls.iter().all(|call| call["source"] == "prompt"), "{calls:?}");
    assert!(calls.iter().any(|call| call["provider"] == "openai-compatible"), "{calls:?}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_python_client_is_at_home_here() -> Outcome {
    judge(clients()?.join("bin/python"), "openai_client.py").await
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_node_client_is_at_home_here() -> Outcome {
    judge(PathBuf::from("node"), "openai_client.mjs").await
}
