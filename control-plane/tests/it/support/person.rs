//! Somebody with a browser.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Failure, Outcome, pilot::Pilot};

/// How long is waited for what holds within a second.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody who signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    pub(crate) email: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) me: Value,
}

impl Person {
    pub(crate) async fn sign_up(pilot: &Pilot, name: &str) -> Result<Self, Failure> {
        Self::sign_up_with(pilot, name, None).await
    }

    pub(crate) async fn sign_up_with(
        pilot: &Pilot,
        name: &str,
        invitation: Option<&str>,
    ) -> Result<Self, Failure> {
        let email = format!("{name}@example.com");
        let mut body = json!({ "email": email, "name": name, "password": PASSWORD });
        if let Some(invitation) = invitation {
            body["invitation"] = json!(invitation);
        }
        Self::begin(pilot, "/api/sign-up", &email, body).await
    }

    pub(crate) async fn sign_in(pilot: &Pilot, email: &str) -> Result<Self, Failure> {
        let body = json!({ "email": email, "password": PASSWORD });
        Self::begin(pilot, "/api/sign-in", email, body).await
    }

    async fn begin(pilot: &Pilot, path: &str, email: &str, body: Value) -> Result<Self, Failure> {
        let request = pilot.client.post(format!("{}{path}", pilot.url)).json(&body);
        let response = request.send().await?;
        let cookie = cookie(&response);
        let status = response.status();
        let me: Value = response.json().await?;
        if !status.is_success() {
            return Err(format!("{path}: {me}").into());
        }
        Ok(Self {
            url: pilot.url.clone(),
            client: pilot.client.clone(),
            email: email.to_owned(),
            cookie: cookie.ok_or("no cookie")?,
            csrf: me["csrf_token"].as_str().unwrap_or_default().to_owned(),
            me,
        })
    }

    /// A request as this person's browser sends it.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<(u16, Value), Failure> {
        answer(self.ask(Method::GET, path)).await
    }

    /// Asks until the answer has this status: what is changed behind a server's back holds there within a
    /// second.
    pub(crate) async fn until(&self, path: &str, status: u16) -> Outcome {
        let started = Instant::now();
        loop {
            let (last, body) = self.get(path).await?;
            if last == status {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("{path} still answers {last}: {body}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<(u16, Value), Failure> {
        answer(self.ask(method, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<(u16, Value), Failure> {
        self.send(Method::POST, path, body).await
    }

    /// The slug of their own organization.
    pub(crate) fn organization(&self) -> &str {
        self.me["organizations"][0]["slug"].as_str().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> &str {
        self.me["id"].as_str().unwrap_or_default()
    }

    /// Invites somebody into this person's organization: the token.
    pub(crate) async fn invite(&self, role: &str) -> Result<String, Failure> {
        let path = format!("/api/organizations/{}/invitations", self.organization());
        let (status, invited) = self.post(&path, json!({ "role": role })).await?;
        assert_eq!(status, 201, "{invited}");
        Ok(invited["token"].as_str().unwrap_or_default().to_owned())
    }

    /// A token of this person for an organization.
    pub(crate) async fn token(&self, organization: &str) -> Result<String, Failure> {
        let path = format!("/api/access-tokens?org={organization}");
        let (status, issued) = self.post(&path, json!({ "name": "test" })).await?;
        assert_eq!(status, 201, "{issued}");
        Ok(issued["token"].as_str().unwrap_or_default().to_owned())
    }
}

/// The cookie that an answer leaves, as browsers send it back.
pub(crate) fn cookie(response: &Response) -> Option<String> {
    let set = response.headers().get("set-cookie")?.to_str().ok()?;
    set.split(';').next().map(ToOwned::to_owned)
}

/// Status and body.
pub(crate) async fn answer(request: RequestBuilder) -> Result<(u16, Value), Failure> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

/// Status, and the last part of a problem's type.
pub(crate) fn kind((status, body): &(u16, Value)) -> (u16, &str) {
    let kind = body["type"].as_str().unwrap_or_default();
    (*status, kind.rsplit(':').next().unwrap_or_default())
}
