//! Verify: the new version answers its health request and the definition's tests, before anybody
//! else can reach it. Harmless to repeat: it changes nothing.

use std::time::{Duration, Instant};

use promptpilot_spec::definition::{ResponseFormat, Test};
use serde_json::Value;

use super::{
    job::{Job, Stop, Work},
    model::Status,
};
use crate::lambda::{event::Request, invoke, prelude::Answer};

/// Why we call.
const SOURCE: &str = "verify";

pub(crate) async fn run(work: &Work, job: &mut Job) -> Result<(), Stop> {
    work.enter(job, Status::Verifying).await?;
    let token = work.token(job);
    let token = token.expose();
    let started = Instant::now();
    health(work, job, token).await?;
    let millis = started.elapsed().as_secs_f64() * 1e3;
    let tests = &job.plan()?.tests;
    for (index, test) in tests.iter().enumerate() {
        work.go_on()?;
        self::test(work, job, token, index, test).await?;
    }
    let passed = match tests.len() {
        0 => String::new(),
        1 => ", 1 test passed".to_owned(),
        many => format!(", {many} tests passed"),
    };
    work.say(job, format!("healthy after {millis:.0} ms{passed}")).await
}

async fn health(work: &Work, job: &Job, token: &str) -> Result<(), Stop> {
    let request = Request { method: "GET", path: "/health", body: None, token, source: SOURCE };
    match invoke(work, job, request).await? {
        Answer { status: 200..=299, .. } => Ok(()),
        answer => Err(job
            .fail(format!("the health request was answered with {}", told(&answer)))
            .internal()
            .stop()),
    }
}

async fn test(work: &Work, job: &Job, token: &str, index: usize, test: &Test) -> Result<(), Stop> {
    let body = Some(&test.request);
    let request = Request { method: "POST", path: "/", body, token, source: SOURCE };
    let started = Instant::now();
    let answer = invoke(work, job, request).await?;
    let took = started.elapsed();
    match judge(job, test, &answer, took) {
        Ok(()) => Ok(()),
        Err(Missed { what, at }) => {
            let pointer = format!("/tests/{index}{at}");
            let location = job.location(&pointer);
            let message = format!("test {} failed: {what}", index + 1);
            Err(job.fail(message).at(&pointer, location).stop())
        }
    }
}

/// What a test asks for and did not get.
struct Missed {
    what: String,
    at: String,
}

impl Missed {
    fn new(what: impl Into<String>, at: impl Into<String>) -> Self {
        Self { what: what.into(), at: at.into() }
    }
}

fn judge(job: &Job, test: &Test, answer: &Answer, took: Duration) -> Result<(), Missed> {
    if answer.status != 200 {
        return Err(Missed::new(format!("the answer is {}", told(answer)), ""));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(Missed::new("the answer is no JSON", ""));
    };
    let mut texts = Vec::new();
    collect(&body, &mut texts);
    for (index, wanted) in test.expect.contains.iter().enumerate() {
        if !texts.iter().any(|text| text.contains(wanted)) {
            let at = format!("/expect/contains/{index}");
            return Err(Missed::new(format!("the answer does not contain `{wanted}`"), at));
        }
    }
    if test.expect.schema {
        fits(job, &body).map_err(|why| Missed::new(why, "/expect/schema"))?;
    }
    if let Some(most) = test.expect.max_latency
        && took > Duration::from_millis(most.as_millis())
    {
        let what = format!("the answer took {} ms, more than {most}", took.as_millis());
        return Err(Missed::new(what, "/expect/max_latency"));
    }
    Ok(())
}

/// All texts of an answer, numbers as they are written.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        Value::Null => {}
        other => texts.push(other.to_string()),
    }
}

/// Whether an answer is what the definition declares.
fn fits(job: &Job, body: &Value) -> Result<(), String> {
    let declared = job.plan.as_ref().map(|plan| plan.response.format);
    if declared != Some(ResponseFormat::Json) {
        let text = body.as_object().filter(|object| object.len() == 1);
        let text = text.and_then(|object| object.get("text")?.as_str());
        return text.map(drop).ok_or_else(|| "the answer is not `{\"text\": …}`".to_owned());
    }
    let sources = job.sources.as_ref();
    let schema = sources.and_then(|sources| sources.files.get("src/response.schema.json"));
    let schema: Value = schema
        .and_then(|schema| serde_json::from_str(schema).ok())
        .ok_or("the declared schema is missing")?;
    let validator =
        jsonschema::validator_for(&schema).map_err(|error| format!("its schema: {error}"))?;
    validator.validate(body).map_err(|error| {
        format!("the answer does not fit its schema at `{}`: {error}", error.instance_path())
    })
}

/// An answer for people: its status and, for a problem document, the problem.
fn told(answer: &Answer) -> String {
    let detail = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|body| body.get("detail")?.as_str().map(ToOwned::to_owned));
    match detail {
        Some(detail) => format!("{}: {detail}", answer.status),
        None => answer.status.to_string(),
    }
}

/// Calls the version by its number, as a URL would.
async fn invoke(work: &Work, job: &Job, request: Request<'_>) -> Result<Answer, Stop> {
    let lambda = work.plane.lambda();
    match invoke::run(lambda, &job.function, job.version()?, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(crash)) => {
            Err(job.fail(format!("the new version does not start or answer: {crash}")).stop())
        }
        Err(error) => Err(job.fail(error.to_string()).internal().stop()),
    }
}
