//! Calls as spans for an OpenTelemetry collector: OTLP over HTTP, in JSON, with the names of the
//! semantic conventions for generative AI. Switched on by the variables that all exporters share:
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`
//! and `OTEL_SERVICE_NAME`.
//!
//! Calls never wait for it: what the collector does not take is let go of.

use std::time::Duration;

use promptpilot_spec::record::{CALL_KIND, CallRecord, Finish};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};

use crate::{
    log::{Level, log},
    output::Output,
    provider::Request,
    secret::Secret,
    transport::{self, Transport},
};

/// Calls that may wait to be sent.
const WAITING: usize = 1024;

/// Calls that are sent at once.
const AT_ONCE: usize = 128;

/// The longest that a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The outcome of a span, in OTLP's numbers.
const OK: u8 = 1;
const ERROR: u8 = 2;

/// A request of ours to somebody else.
const CLIENT: u8 = 3;

/// Where spans are sent, and in whose name.
pub(super) struct Exporter {
    url: String,
    headers: Vec<(&'static str, Secret)>,
    service: String,
    calls: Receiver<CallRecord>,
}

/// An output that hands calls to an exporter, too; the output as it is where nobody wants spans.
pub(super) fn beside(
    output: Output,
    endpoint: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> (Output, Option<Exporter>) {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    let base = base.map(|base| format!("{}/v1/traces", base.trim_end_matches('/')));
    let Some(url) = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or(base) else {
        return (output, None);
    };
    let (sender, calls) = channel(WAITING);
    let exporter = Exporter {
        url,
        headers: headers(&variable("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default()),
        service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| endpoint.to_owned()),
        calls,
    };
    let output = Box::new(move |line: &str| {
        output(line);
        offer(&sender, line);
    });
    (output, Some(exporter))
}

fn offer(sender: &Sender<CallRecord>, line: &str) {
    if let Ok(record) = serde_json::from_str::<CallRecord>(line)
        && record.kind == CALL_KIND
        && sender.try_send(record).is_err()
    {
        log(Level::Warn, "a call was not sent as a span: too many wait for the collector");
    }
}

/// `name=value` pairs between commas, values percent-encoded. Read once in a process.
fn headers(text: &str) -> Vec<(&'static str, Secret)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8_lossy();
            let name: &str = name.trim().to_ascii_lowercase().leak();
            (name, Secret::from(value.into_owned()))
        })
        .collect()
}

impl Exporter {
    /// Sends calls until there will be no more.
    pub(super) async fn run(mut self) {
        let mut calls = Vec::new();
        while self.calls.recv_many(&mut calls, AT_ONCE).await > 0 {
            if let Err(why) = self.send(&calls).await {
                log(Level::Warn, &format!("{} calls were not sent as spans: {why}", calls.len()));
            }
            calls.clear();
        }
    }

    async fn send(&self, calls: &[CallRecord]) -> Result<(), String> {
        let mut request = Request::json(self.url.clone(), &document(&self.service, calls));
        for (name, value) in &self.headers {
            request = request.header(name, value.clone());
        }
        match timeout(PATIENCE, transport::HTTP.send(request)).await {
            Ok(Ok(reply)) if (200..300).contains(&reply.status) => Ok(()),
            Ok(Ok(reply)) => Err(format!("the collector answered {}", reply.status)),
            Ok(Err(failure)) => Err(failure.to_string()),
            Err(_) => Err(format!("no answer within {PATIENCE:?}")),
        }
    }
}

/// An `ExportTraceServiceRequest`.
fn document(service: &str, calls: &[CallRecord]) -> Value {
    let spans: Vec<Value> = calls.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": [attribute("service.name", text(service))] },
        "scopeSpans": [{
            "scope": { "name": "promptpilot", "version": env!("CARGO_PKG_VERSION") },
            "spans": spans,
        }],
    }] })
}

fn span(call: &CallRecord) -> Value {
    let id = call.call_id.simple().to_string();
    let started = u128::try_from(call.time.unix_timestamp_nanos()).unwrap_or(0);
    let ended = started + u128::from(call.total_us) * 1000;
    let model = call.model.as_deref().unwrap_or_default();
    json!({
        "traceId": call.trace_id.as_deref().unwrap_or(&id),
        "spanId": id[16..],
        "name": format!("chat {model}").trim_end(),
        "kind": CLIENT,
        "startTimeUnixNano": started.to_string(),
        "endTimeUnixNano": ended.to_string(),
        "attributes": attributes(call),
        "status": match &call.error_type {
            None => json!({ "code": OK }),
            Some(kind) => json!({ "code": ERROR, "message": kind }),
        },
    })
}

/// What the conventions have a name for, and a few things of our own.
fn attributes(call: &CallRecord) -> Vec<Value> {
    let optional = |name: &str, value: &Option<String>| {
        value.as_deref().map(|value| attribute(name, text(value)))
    };
    let finish = call.finish.map(|finish| {
        let reason = text(finish_reason(finish));
        attribute("gen_ai.response.finish_reasons", json!({ "arrayValue": { "values": [reason] } }))
    });
    let of_ours = [
        attribute("gen_ai.operation.name", text("chat")),
        attribute("gen_ai.usage.input_tokens", number(call.tokens_in)),
        attribute("gen_ai.usage.output_tokens", number(call.tokens_out)),
        attribute("gen_ai.usage.cache_read.input_tokens", number(call.tokens_cached)),
        attribute("gen_ai.usage.reasoning.output_tokens", number(call.tokens_reasoning)),
        attribute("gen_ai.request.stream", json!({ "boolValue": call.streaming })),
        attribute("http.response.status_code", number(call.status.into())),
        attribute("promptpilot.call.id", text(&call.call_id.to_string())),
        attribute("promptpilot.endpoint.name", text(&call.endpoint_name)),
        attribute("promptpilot.endpoint.version", number(call.endpoint_version.into())),
    ];
    let known = [
        call.provider.as_deref().map(|it| attribute("gen_ai.provider.name", text(provider(it)))),
        optional("gen_ai.request.model", &call.model),
        optional("gen_ai.response.model", &call.model_answered),
        finish,
        optional("error.type", &call.error_type),
        call.first_token_us.map(|us| {
            let seconds = Duration::from_micros(us).as_secs_f64();
            attribute("gen_ai.response.time_to_first_chunk", json!({ "doubleValue": seconds }))
        }),
        call.cost_micro_usd.map(|cost| attribute("promptpilot.cost.micro_usd", number(cost))),
    ];
    of_ours.into_iter().chain(known.into_iter().flatten()).collect()
}

/// The conventions' word for a provider; our own where they have none.
fn provider(name: &str) -> &str {
    match name {
        "azure-openai" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        other => other,
    }
}

const fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Refusal => "content_filter",
        Finish::Tool => "tool_call",
        Finish::Other => "other",
    }
}

#[allow(clippy::needless_pass_by_value, reason = "made for it where it is called")]
fn attribute(name: &str, value: Value) -> Value {
    json!({ "key": name, "value": value })
}

fn text(value: &str) -> Value {
    json!({ "stringValue": value })
}

/// JSON's numbers do not hold all of 64 bits.
fn number(value: u64) -> Value {
    json!({ "intValue": value.to_string() })
}
