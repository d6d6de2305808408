//! The API under measure, as its owner speaks to it.

use anyhow::{Result, ensure};
use promptpilot_tests::Pilot;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::load::{Ask, Target};

/// Where it is, and the token that opens all of it.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) token: String,
    client: Client,
}

impl Server {
    pub(super) fn of(pilot: &Pilot) -> Result<Self> {
        let running = pilot.running()?;
        Ok(Self { url: running.api.clone(), token: running.token.clone(), client: Client::new() })
    }

    /// A route, for clients that call it again and again.
    pub(super) fn target(&self, path: &str, ask: Ask) -> Result<Target> {
        Target::new(&format!("{}{path}", self.url), ask)?.key(&self.token)
    }

    /// What a request is answered with, which must be well.
    pub(super) async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let request = self.client.request(method, url).bearer_auth(&self.token).json(body);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, &Value::Null).await
    }
}
