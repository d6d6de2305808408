//! Replies recorded on AWS: for each recorded case that applies, a scenario in `tests/recorded/`
//! says which requests are made and what the service answered to them. Requests are plain HTTP and
//! replies are compared as they come, so that no client forgives anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local_lambda::{Host, Settings};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::common::{self, REGION, ROLE, Result};
use crate::{operations, recorded_table};

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Area {
    pub(crate) title: String,
    #[serde(default, rename = "case")]
    pub(crate) cases: Vec<Case>,
    /// Those that are tests of their own.
    #[serde(default)]
    pub(crate) elsewhere: Vec<Elsewhere>,
    #[serde(default)]
    pub(crate) left_out: Vec<LeftOut>,
}

/// A recorded case, or some that are alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// What the recording is called where it was made; `{a,b}` stands for two.
    pub(crate) recorded: Vec<String>,
    /// Functions that are there before it begins.
    #[serde(default)]
    functions: Vec<String>,
    steps: Vec<Step>,
}

/// Recorded cases that a test in Rust plays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Elsewhere {
    /// The test.
    pub(crate) name: String,
    pub(crate) recorded: Vec<String>,
}

/// Recorded cases without a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeftOut {
    pub(crate) recorded: Vec<String>,
    pub(crate) why: String,
    /// Whether it is about what this host has, and so counts.
    #[serde(default)]
    pub(crate) applies: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(rename = "do")]
    operation: String,
    #[serde(default)]
    with: Map<String, Value>,
    /// 200, unless it says otherwise.
    status: Option<u16>,
    /// The reply, member for member.
    is: Option<Value>,
    /// A part of it.
    has: Option<Value>,
    #[serde(default)]
    lacks: Vec<String>,
    error: Option<String>,
    message: Option<String>,
    message_begins: Option<String>,
    /// Errors of the user's say so, but for those that do not.
    #[serde(default)]
    untyped: bool,
    /// Members to remember, by the name that later steps call them.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

/// Everything in `tests/recorded/`, by file name.
pub(crate) fn areas() -> Result<Vec<Area>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Area> {
    let area = toml::from_str(&std::fs::read_to_string(path)?);
    area.map_err(|error| format!("{}: {error}", path.display()).into())
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_answer_as_recorded() -> Result<()> {
    play("functions").await
}

#[tokio::test(flavor = "multi_thread")]
async fn names_answer_as_recorded() -> Result<()> {
    play("names").await
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_answer_as_recorded() -> Result<()> {
    play("versions").await
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_answer_as_recorded() -> Result<()> {
    play("aliases").await
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_answer_as_recorded() -> Result<()> {
    play("permissions").await
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_answer_as_recorded() -> Result<()> {
    play("urls").await
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_answers_as_recorded() -> Result<()> {
    play("concurrency").await
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_answer_as_recorded() -> Result<()> {
    play("tags").await
}

#[tokio::test(flavor = "multi_thread")]
async fn event_invoke_configs_answer_as_recorded() -> Result<()> {
    play("event-invoke-configs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_answer_as_recorded() -> Result<()> {
    play("calls").await
}

#[test]
fn the_table_of_recorded_cases_is_true() -> Result<()> {
    recorded_table::check(&areas()?)
}

async fn play(area: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/{area}.toml"));
    let mut failures = Vec::new();
    for case in read(&path)?.cases {
        if let Err(failure) = Stage::play(&case).await {
            failures.push(format!("{}: {failure}", case.name));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// A host for one case, and what it has been told.
struct Stage {
    host: Host,
    kept: BTreeMap<String, String>,
}

impl Stage {
    async fn play(case: &Case) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let host = Host::start(Settings { auth: false, ..common::settings(&dir) }).await?;
        let mut stage = Self { host, kept: words()? };
        let played = stage.play_steps(case).await;
        stage.host.shutdown().await;
        played
    }

    async fn play_steps(&mut self, case: &Case) -> Result<()> {
        for name in &case.functions {
            let members = Map::from_iter([("FunctionName".to_owned(), json!(name))]);
            let made = self.send("CreateFunction", members).await?;
            made.expect_status(201)?;
        }
        for (number, step) in case.steps.iter().enumerate() {
            let place = |failure| format!("step {} ({}): {failure}", number + 1, step.operation);
            self.play_step(step).await.map_err(place)?;
        }
        Ok(())
    }

    async fn play_step(&mut self, step: &Step) -> Result<()> {
        let members = self.filled(&Value::from(step.with.clone()));
        let members = members.as_object().cloned().unwrap_or_default();
        let reply = self.send(&step.operation, members).await?;
        match &step.error {
            Some(kind) => self.check_error(step, kind, &reply)?,
            None => reply.expect_status(step.status.unwrap_or(200))?,
        }
        if let Some(expected) = &step.is {
            matches(&self.filled(expected), &reply.body, true).map_err(|it| reply.told(&it))?;
        }
        if let Some(expected) = &step.has {
            matches(&self.filled(expected), &reply.body, false).map_err(|it| reply.told(&it))?;
        }
        if let Some(member) = step.lacks.iter().find(|member| reply.member(member).is_some()) {
            return Err(reply.told(&format!("has {member}")).into());
        }
        for (name, member) in &step.keep {
            let value = reply.member(member).and_then(Value::as_str);
            let value = value.ok_or_else(|| reply.told(&format!("has no {member}")))?;
            self.kept.insert(name.clone(), value.to_owned());
        }
        Ok(())
    }

    fn check_error(&self, step: &Step, kind: &str, reply: &Reply) -> Result<()> {
        if reply.kind.as_deref() != Some(kind) {
            return Err(reply.told(&format!("is no {kind}")).into());
        }
        let (status, member, typed) = match kind {
            "ValidationException" => (400, "message", false),
            "AccessDeniedException" => (403, "Message", false),
            "RequestEntityTooLargeException" => (413, "message", true),
            "ResourceNotFoundException" | "CodeSigningConfigNotFoundException" => {
                (404, "Message", true)
            }
            "ProvisionedConcurrencyConfigNotFoundException" => (404, "message", true),
            "ResourceConflictException" => (409, "message", true),
            "PreconditionFailedException" => (412, "message", true),
            "TooManyRequestsException" => (429, "message", true),
            _ => (400, "message", true),
        };
        reply.expect_status(step.status.unwrap_or(status))?;
        let typed = typed && !step.untyped;
        if (reply.body.get("Type") == Some(&json!("User"))) != typed {
            return Err(reply.told("is wrong about its Type").into());
        }
        let told = reply.body.get(member).and_then(Value::as_str);
        if let Some(message) = &step.message {
            let expected = self.filled(&json!(message));
            if told != expected.as_str() {
                return Err(reply.told(&format!("does not say {expected}")).into());
            }
        }
        if let Some(beginning) = &step.message_begins {
            let expected = self.filled(&json!(beginning));
            let expected = expected.as_str().unwrap_or_default();
            if !told.is_some_and(|told| told.starts_with(expected)) {
                return Err(reply.told(&format!("does not begin with {expected}")).into());
            }
        }
        Ok(())
    }

    async fn send(&self, operation: &str, mut members: Map<String, Value>) -> Result<Reply> {
        if operation == "CreateFunction" {
            let defaults = [
                ("Role", json!(ROLE)),
                ("Runtime", json!("provided.al2023")),
                ("Handler", json!("bootstrap")),
                ("Code", json!({ "ZipFile": self.kept["zip"] })),
            ];
            for (member, value) in defaults {
                members.entry(member).or_insert(value);
            }
        }
        let request = operations::request(operation, members);
        let url = format!("http://{}{}", self.host.address(), request.path);
        let mut call = common::http().request(Method::from_bytes(request.method.as_bytes())?, url);
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        let response = call.body(request.body).send().await?;
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (kind, failure) = (header("x-amzn-errortype"), header("x-amz-function-error"));
        let (version, log) = (header("x-amz-executed-version"), header("x-amz-log-result"));
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        let body =
            serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
        // An answer of a function is beside what the service says of it.
        let body = match operation {
            "Invoke" if kind.is_none() => json!({
                "Payload": body,
                "ExecutedVersion": version,
                "FunctionError": failure,
                "LogResult": log,
            }),
            _ => body,
        };
        Ok(Reply { status, kind, body })
    }

    /// With `{word}` replaced by what was kept of it.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let mut text = text.clone();
                for (name, kept) in &self.kept {
                    text = text.replace(&format!("{{{name}}}"), kept);
                }
                text.into()
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => {
                let members = members.iter();
                let filled = members.map(|(name, value)| {
                    let name = self.filled(&json!(name)).as_str().unwrap_or_default().to_owned();
                    (name, self.filled(value))
                });
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }
}

/// Words that every scenario may use.
fn words() -> Result<BTreeMap<String, String>> {
    let script = |text: &str| {
        let script = format!("#!/bin/sh\n# {text}\nexit 1\n");
        STANDARD.encode(common::package(&[("bootstrap", 0o755, script.as_bytes())]))
    };
    // Several messages of the service are lists and patterns.
    const NAME_START: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?";
    const TAGGABLE: &str = r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";
    const RUNTIMES: &str = "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2";
    let words = [
        (
            "name_pattern",
            format!(r"{NAME_START}([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"),
        ),
        ("new_name_pattern", format!(r"{NAME_START}([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")),
        ("qualifier_pattern", r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+".to_owned()),
        ("url_qualifier_pattern", r"((?!^\d+$)^[0-9a-zA-Z-_]+$)".to_owned()),
        ("taggable_pattern", TAGGABLE.to_owned()),
        ("runtimes", RUNTIMES.to_owned()),
        ("fn", format!("arn:aws:lambda:{REGION}:000000000000:function")),
        ("region", REGION.to_owned()),
        ("role", ROLE.to_owned()),
        ("zip", script("one")),
        ("zip2", script("two")),
        ("echo", STANDARD.encode(common::example()?)),
        ("a65", "a".repeat(65)),
        ("a129", "a".repeat(129)),
        ("a140", "a".repeat(140)),
        ("a170", "a".repeat(170)),
        ("x4060", "x".repeat(4060)),
    ];
    Ok(words.into_iter().map(|(name, word)| (name.to_owned(), word)).collect())
}

struct Reply {
    status: u16,
    kind: Option<String>,
    body: Value,
}

impl Reply {
    fn expect_status(&self, status: u16) -> Result<()> {
        if self.status == status {
            return Ok(());
        }
        Err(self.told(&format!("is no {status}")).into())
    }

    /// The member at a path such as `Configuration.RevisionId`.
    fn member(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.body, |value, name| value.get(name))
    }

    fn told(&self, what: &str) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        format!("the reply {what}: {} {kind} {}", self.status, self.body)
    }
}

/// Whether `found` is as expected: `*` is anything, `!x` anything but `x`, and text that holds JSON
/// is compared as JSON.
fn matches(expected: &Value, found: &Value, exactly: bool) -> Result<(), String> {
    match (expected, found) {
        (Value::String(any), found) if any == "*" && !found.is_null() => Ok(()),
        (Value::String(text), Value::String(other)) if text.starts_with('!') => {
            if text[1..] == **other { Err(format!("still has {other}")) } else { Ok(()) }
        }
        (Value::Object(_), Value::String(text)) if text.starts_with('{') => {
            let found = serde_json::from_str(text).map_err(|error| error.to_string())?;
            matches(expected, &found, exactly)
        }
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                let found = found.get(name).ok_or_else(|| format!("has no {name}"))?;
                matches(value, found, exactly).map_err(|it| format!("{it} (in {name})"))?;
            }
            let unknown = found.keys().find(|name| exactly && !expected.contains_key(*name));
            unknown.map_or(Ok(()), |name| Err(format!("has {name} besides")))
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return Err(format!("has {} items, not {}", found.len(), expected.len()));
            }
            expected.iter().zip(found).try_for_each(|(one, other)| matches(one, other, exactly))
        }
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(format!("has {found}, not {expected}")),
    }
}
