//! `promptpilot run`: a prompt, live, without an endpoint.

use std::fmt;
use std::time::Duration;

use clap::Args;
use promptpilot_spec::definition::{ModelRef, Prompt};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Context;
use crate::api::{ApiError, Client, RunDelta, RunRequest, RunResult, RunVariant};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{FAINT, STRONG};
use crate::text::span;

/// Run a prompt live, without an endpoint
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot run support/reply                       # with the values that it keeps to be tried with
  promptpilot run support/reply@3 -v name=Ada -v text=@letter.txt
  promptpilot run support/reply --model anthropic/claude-haiku-4-5 --model sandbox/echo

`@FILE` takes a file's text; a value that is a number, a list or an object is written as JSON after `:=`.")]
pub(crate) struct Run {
    /// The prompt; `@3` behind it is a version, `@production` a label
    #[arg(value_name = "PROMPT")]
    prompt: String,
    /// A value of a variable; any number of them
    #[arg(short = 'v', long = "value", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// A model instead of the one that the prompt suggests; several run side by side
    #[arg(long = "model", value_name = "PROVIDER/NAME")]
    models: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Results(Vec<RunResult>);

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = self.0.len() > 1;
        for result in &self.0 {
            if several {
                let model = result.model.as_deref().unwrap_or("?");
                writeln!(f, "{STRONG}{} {model}{STRONG:#}", result.variant + 1)?;
            }
            if let Some(text) = &result.text {
                writeln!(f, "{text}")?;
            }
        }
        Ok(())
    }
}

pub(crate) async fn run(context: &Context, args: &Run) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let values = values(&args.values)?;
    let mut variants = Vec::new();
    for model in &args.models {
        variants.push(variant(&args.prompt, Some(model_of(model)?)));
    }
    if variants.is_empty() {
        variants.push(variant(&args.prompt, None));
    }
    let alone = variants.len() == 1;
    let values = Some(values).filter(|values| !values.is_empty());
    let request = RunRequest { variants, values };
    let mut events = client.post_events(&["llm", "execute"], &request).await?;
    let mut results: Vec<RunResult> = Vec::new();
    while let Some(event) = events.next().await? {
        match event.event.as_str() {
            // Of several side by side, each is shown when it is whole.
            "delta" if alone && !context.out.is_json() => {
                let delta: RunDelta = read(&event.data)?;
                context.out.raw(&delta.text);
            }
            "done" | "error" => results.push(read(&event.data)?),
            _ => {}
        }
    }
    results.sort_by_key(|result| result.variant);
    if context.out.is_json() || !alone {
        context.out.result(&Results(results.clone()));
    } else {
        context.out.raw("\n");
    }
    let mut failed = None;
    for result in &results {
        match &result.error {
            Some(error) => {
                failed.get_or_insert_with(|| Failure::new(error.detail.clone()));
            }
            None if !context.out.is_json() => note(summary(result)),
            None => {}
        }
    }
    failed.map_or(Ok(()), Err)
}

fn variant(prompt: &str, model: Option<ModelRef>) -> RunVariant {
    let prompt = Prompt { reference: Some(prompt.to_owned()), ..Prompt::default() };
    RunVariant { prompt, model }
}

/// `provider/name` as a model.
fn model_of(text: &str) -> Result<ModelRef, Failure> {
    let wrong = || {
        Failure::usage(format!("`{text}` is no `PROVIDER/NAME`"))
            .hint("such as `anthropic/claude-haiku-4-5`, or `sandbox/echo`")
    };
    let (provider, name) = text.split_once('/').ok_or_else(wrong)?;
    serde_json::from_value(json!({ "provider": provider, "name": name }))
        .map_err(|error| wrong().caused_by(&error))
}

/// `NAME=VALUE` is a text, `NAME=@FILE` a file's, `NAME:=JSON` anything.
fn values(pairs: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut values = Map::new();
    for pair in pairs {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("`{pair}` is no `NAME=VALUE`")));
        };
        let (name, value) = match (name.strip_suffix(':'), text.strip_prefix('@')) {
            (Some(name), _) => {
                let value = serde_json::from_str(text).map_err(|error| {
                    Failure::usage(format!("the value of `{name}` is no JSON")).caused_by(&error)
                })?;
                (name, value)
            }
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::usage(format!("could not read `{path}`")).caused_by(&error)
                })?;
                (name, Value::String(text))
            }
            (None, None) => (name, Value::String(text.to_owned())),
        };
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn read<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, Failure> {
    serde_json::from_str(data)
        .map_err(|source| ApiError::Answer { what: "`/api/llm/execute`".to_owned(), source }.into())
}

/// One line about a run.
fn summary(result: &RunResult) -> String {
    let millis = |millis: f64| span(Duration::from_secs_f64((millis / 1000.0).max(0.0)));
    let mut parts = vec![millis(result.latency_ms)];
    parts.extend(result.first_token_ms.map(|first| format!("first text after {}", millis(first))));
    parts.extend(result.model.clone());
    let usage = result.usage;
    parts.push(format!("{} tokens in, {} out", usage.tokens_in, usage.tokens_out));
    parts.extend(result.cost_usd.as_ref().map(|cost| format!("{cost} USD")));
    parts.push(format!("call {}", result.call));
    format!("{FAINT}{}{FAINT:#}", parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_or_json() {
        let pairs = ["a=1", "b:=1", "c:=[\"x=y\"]", "d=x=y"].map(str::to_owned);
        let read = values(&pairs).unwrap();
        assert_eq!(Value::Object(read), json!({ "a": "1", "b": 1, "c": ["x=y"], "d": "x=y" }));
        assert!(values(&["a".to_owned()]).is_err() && values(&["a:=x".to_owned()]).is_err());
    }

    #[test]
    fn a_model_is_a_provider_and_a_name() {
        let model = model_of("huggingface/org/name").unwrap();
        assert_eq!((model.provider.as_str(), &*model.name), ("huggingface", "org/name"));
        assert!(model_of("nobody/x").is_err() && model_of("x").is_err());
    }
}
