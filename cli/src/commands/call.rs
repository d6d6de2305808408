//! `promptpilot call`: a request to the endpoint's own URL, as any caller would make it.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use clap::Args;
use promptpilot_spec::definition::{Definition, FieldType};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Context, endpoint};
use crate::api::{ApiError, Client, Events};
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::folder;
use crate::output::note;
use crate::style::FAINT;
use crate::text::span;

/// Call an endpoint
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot call summarize text='A long story' audience=child
  promptpilot call summarize text=@article.txt --stream
  promptpilot call extract --body '{\"text\": \"…\"}'
  echo '{\"text\": \"…\"}' | promptpilot call extract --body -

A value is read as its field's type says; `@FILE` takes a file's text, and lists and objects are JSON.")]
pub(crate) struct Call {
    /// The endpoint
    name: String,
    /// Request fields
    #[arg(value_name = "FIELD=VALUE", conflicts_with = "body")]
    fields: Vec<String>,
    /// The whole request as JSON; `@FILE` and `-` (stdin) read it
    #[arg(long, short, value_name = "JSON")]
    body: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// A key of the endpoint's, where it asks for one
    #[arg(long, value_name = "KEY", env = "PROMPTPILOT_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Show the answer as it is written
    #[arg(long)]
    stream: bool,
}

/// An answer, with what its headers say about the call.
#[derive(Debug, Serialize)]
struct Answer {
    status: u16,
    ms: u128,
    about: Map<String, Value>,
    answer: Value,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Value::Object(members) if members.len() == 1 && members.contains_key("text") => {
                writeln!(f, "{}", members["text"].as_str().unwrap_or_default())
            }
            answer => writeln!(f, "{answer:#}"),
        }
    }
}

pub(crate) async fn run(context: &Context, args: Call) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let found = endpoint(&client, &args.name).await?;
    let Some(url) = found.url else {
        return Err(Failure::new(format!("`{}` is not live", args.name))
            .hint(format!("bring it there with `promptpilot deploy {}`", args.name)));
    };
    let body = match &args.body {
        Some(body) => whole(body)?,
        None => Value::Object(fields(&args.fields, found.definition.as_ref())?),
    };
    let began = Instant::now();
    let mut request = client.http().post(&url).json(&body);
    if let Some(key) = &args.key {
        request = request.bearer_auth(key);
    }
    if args.stream {
        request = request.header("accept", "text/event-stream");
    }
    let response = request
        .send()
        .await
        .map_err(|source| ApiError::Unreachable { url: url.clone(), source })?;
    let streams = is_stream(response.headers());
    match response.status().is_success() && streams {
        true => stream(context, response).await,
        false => plain(context, response, began).await,
    }
}

async fn plain(context: &Context, response: Response, began: Instant) -> Result<(), Failure> {
    let status = response.status();
    let about = about(response.headers());
    let bytes = response.bytes().await.map_err(|source| ApiError::Broken {
        what: "the answer".to_owned(),
        source: source.into(),
    })?;
    let answer = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    if !status.is_success() && !context.out.is_json() {
        return Err(refused(status.as_u16(), &answer));
    }
    let took = began.elapsed();
    let answer = Answer { status: status.as_u16(), ms: took.as_millis(), about, answer };
    context.out.result(&answer);
    if !context.out.is_json() {
        note(summary(&answer.about, took));
    }
    if status.is_success() { Ok(()) } else { Err(Failure::told(Exit::Failed)) }
}

/// What an endpoint answers when it does not answer: a problem document.
fn refused(status: u16, problem: &Value) -> Failure {
    let text = |key: &str| problem.get(key).and_then(Value::as_str);
    let detail = text("detail").or_else(|| text("title")).unwrap_or("no explanation came with it");
    let mut failure = Failure::new(format!("the endpoint answered {status}: {detail}"));
    let errors = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
    failure.causes = errors
        .filter_map(|error| {
            Some(format!("{}: {}", error.get("pointer")?.as_str()?, error.get("detail")?.as_str()?))
        })
        .collect();
    if status == 401 {
        failure.hint = Some(
            "make a key with `promptpilot keys create NAME`, and give it as `--key` or in \
             `PROMPTPILOT_API_KEY`"
                .to_owned(),
        );
    }
    failure
}

/// Text as it comes; with `--json` the events.
async fn stream(context: &Context, response: Response) -> Result<(), Failure> {
    let began = Instant::now();
    let mut events = Events::new(response);
    while let Some(event) = events.next().await? {
        let data: Value = serde_json::from_str(&event.data).unwrap_or(Value::String(event.data));
        if context.out.is_json() {
            context
                .out
                .raw(&format!("{}\n", serde_json::json!({ "event": event.event, "data": data })));
        } else if event.event == "delta" {
            let text = data.get("text").or(Some(&data)).and_then(Value::as_str).unwrap_or_default();
            context.out.raw(text);
        } else if event.event == "done" {
            context.out.raw("\n");
            note(summary(&about_stream(&data), began.elapsed()));
        }
        if event.event == "error" {
            context.out.raw(if context.out.is_json() { "" } else { "\n" });
            let status = data
                .get("status")
                .and_then(Value::as_u64)
                .and_then(|status| status.try_into().ok());
            return Err(refused(status.unwrap_or(502), &data));
        }
    }
    Ok(())
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// What the answer's headers say about the call, by name.
fn about(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-promptpilot-")?.replace('-', "_");
            Some((name, Value::String(value.to_str().ok()?.to_owned())))
        })
        .collect()
}

/// The same from a stream's last event.
fn about_stream(done: &Value) -> Map<String, Value> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut about = members(done);
    about.extend(members(&done["usage"]));
    about.retain(|_, value| !value.is_null());
    about
}

/// One line about a call.
fn summary(about: &Map<String, Value>, took: Duration) -> String {
    let text = |key: &str| {
        about.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let mut parts = vec![span(took)];
    parts.extend(text("model"));
    if let (Some(tokens_in), Some(out)) = (text("tokens_in"), text("tokens_out")) {
        parts.push(format!("{tokens_in} tokens in, {out} out"));
    }
    parts.extend(text("cost_usd").map(|cost| format!("{cost} USD")));
    parts.extend(text("call_id").map(|id| format!("call {id}")));
    format!("{FAINT}{}{FAINT:#}", parts.join(" · "))
}

/// The value of `--body`.
fn whole(body: &str) -> Result<Value, Failure> {
    let text = match body.strip_prefix('@') {
        Some(path) => read(path)?,
        None if body == "-" => read("-")?,
        None => body.to_owned(),
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage("the request is no JSON").caused_by(&error))
}

/// `FIELD=VALUE` pairs as a request object.
fn fields(
    pairs: &[String],
    definition: Option<&Definition>,
) -> Result<Map<String, Value>, Failure> {
    let mut object = Map::new();
    for pair in pairs {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("`{pair}` is no `FIELD=VALUE`"))
                .hint("give the whole request with `--body`, or fields like `text='some text'`"));
        };
        let kind = match definition {
            Some(definition) => Some(kind(definition, name)?),
            None => None,
        };
        let text = match text.strip_prefix('@') {
            Some(path) => read(path)?,
            None => text.to_owned(),
        };
        object.insert(name.to_owned(), value(name, kind, text)?);
    }
    Ok(object)
}

/// The type of a field; one that is not there offers the nearest that is.
fn kind(definition: &Definition, name: &str) -> Result<FieldType, Failure> {
    if let Some(field) = definition.request.get(name) {
        return Ok(field.kind);
    }
    let known: Vec<String> = definition.request.keys().cloned().collect();
    let failure = Failure::usage(format!("`{}` has no request field `{name}`", definition.name));
    Err(match folder::nearest(name, &known) {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint(format!("there are {}", folder::list(&known))),
    })
}

fn value(name: &str, kind: Option<FieldType>, text: String) -> Result<Value, Failure> {
    match kind {
        None | Some(FieldType::String | FieldType::Enum) => Ok(Value::String(text)),
        Some(_) => serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!("`{name}` is neither a number, a list nor an object: `{text}`"))
                .caused_by(&error)
        }),
    }
}

/// A file's text; `-` is stdin.
fn read(path: &str) -> Result<String, Failure> {
    let read = || match path {
        "-" => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        path => std::fs::read_to_string(path),
    };
    read().map_err(|error| Failure::usage(format!("could not read `{path}`")).caused_by(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition() -> Definition {
        let text = "name = \"a\"\n[prompt]\ntemplate = \"x\"\n[model]\nprovider = \"sandbox\"\nname = \"echo\"\n\
            [request.text]\ntype = \"string\"\n[request.n]\ntype = \"integer\"\n[request.tags]\ntype = \"array\"\nitems = { type = \"string\" }\n";
        promptpilot_codegen::parse(text, "a.toml").definition.unwrap()
    }

    #[test]
    fn values_are_read_as_their_fields_say() {
        let pairs = ["text=12", "n=12", "tags=[\"a=b\"]"].map(str::to_owned);
        let object = fields(&pairs, Some(&definition())).unwrap();
        assert_eq!(Value::Object(object), json!({ "text": "12", "n": 12, "tags": ["a=b"] }));
    }

    #[test]
    fn a_wrong_field_offers_the_nearest() {
        let error = fields(&["txt=a".to_owned()], Some(&definition())).unwrap_err();
        assert_eq!(error.message, "`a` has no request field `txt`");
        assert_eq!(error.hint.unwrap(), "did you mean `text`?");
        assert_eq!(error.exit, Exit::Usage);
    }

    #[test]
    fn a_problem_is_told_with_all_its_errors() {
        let problem = json!({ "detail": "the request does not fit", "errors": [
            { "pointer": "/text", "detail": "is missing" } ] });
        let failure = refused(422, &problem);
        assert_eq!(failure.message, "the endpoint answered 422: the request does not fit");
        assert_eq!(failure.causes, ["/text: is missing"]);
    }
}
