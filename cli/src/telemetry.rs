//! What the parts tell of themselves, beside what commands say: their log on stderr, spans for an OpenTelemetry
//! collector, and what went wrong for Sentry.

use std::env;

use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use sentry::{
    ClientInitGuard, ClientOptions, IntoDsn,
    integrations::tracing::{ErrorLayer, SpanLayer},
};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::error::Failure;

/// What is told of without being asked for. Mail is, where it goes to the log.
const USUAL: &str = "warn,sqlx::postgres::notice=error,promptpilot_control_plane::mail=info";

/// Whose spans are sent: requests are all that others could make anything of.
const SPANS: &str = "promptpilot_control_plane";

/// Where spans go, by the names that OpenTelemetry has for it:
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.
const COLLECTOR: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

const SENTRY: &str = "SENTRY_DSN";

/// Whatever has not been sent is sent when this is dropped.
#[must_use]
pub(crate) struct Telemetry {
    spans: Option<SdkTracerProvider>,
    _errors: Option<ClientInitGuard>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(spans) = &self.spans
            && let Err(error) = spans.shutdown()
        {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Begins to tell: whoever serves others tells others, too. To be called where no runtime is, for spans are sent by
/// a thread of their own.
pub(crate) fn begin(serves: bool) -> Result<Telemetry, Failure> {
    let collector = serves && COLLECTOR.into_iter().any(is_set);
    let dsn = serves && is_set(SENTRY);
    let spans = collector.then(provider).transpose()?;
    let errors = dsn.then(sentry_client).transpose()?;
    let tracer = spans.as_ref().map(|spans| spans.tracer("promptpilot"));
    tracing_subscriber::registry()
        .with(log())
        .with(tracer.map(for_collector))
        .with(errors.is_some().then(for_sentry))
        .init();
    Ok(Telemetry { spans, _errors: errors })
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The log: `PROMPTPILOT_LOG=debug` shows more, `PROMPTPILOT_LOG_FORMAT=json` writes an object a line.
fn log() -> BoxedLayer {
    let filter =
        EnvFilter::try_from_env("PROMPTPILOT_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    match env::var("PROMPTPILOT_LOG_FORMAT").as_deref() {
        Ok("json") => lines.with_target(true).json().with_filter(filter).boxed(),
        _ => lines.with_filter(filter).boxed(),
    }
}

fn for_collector<S>(tracer: SdkTracer) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(SPANS, LevelFilter::INFO))
}

fn for_sentry<S>() -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // Requests are told of with an error of theirs; by themselves they are not sent.
    let requests = SpanLayer::new().with_filter(LevelFilter::ERROR);
    let errors = ErrorLayer::new().enable_span_attributes().with_filter(LevelFilter::ERROR);
    requests.and_then(errors)
}

fn provider() -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build();
    let exporter = exporter.map_err(|error| {
        Failure::new("spans cannot be sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says")
            .caused_by(&error)
            .hint("give it the address of a collector, such as http://127.0.0.1:4318")
    })?;
    // Who calls us and says which trace that is part of finds our spans in it.
    global::set_text_map_propagator(TraceContextPropagator::new());
    // Another name may be in `OTEL_SERVICE_NAME`.
    let named = is_set("OTEL_SERVICE_NAME") || is_set("OTEL_RESOURCE_ATTRIBUTES");
    let resource = Resource::builder();
    let resource = if named { resource } else { resource.with_service_name("promptpilot") };
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build())
}

/// A client that is told of errors and panics, and not of who asked.
fn sentry_client() -> Result<ClientInitGuard, Failure> {
    let dsn = env::var(SENTRY).unwrap_or_default().into_dsn().map_err(|error| {
        Failure::new("`SENTRY_DSN` cannot be read")
            .caused_by(&error)
            .hint("take it from the settings of the project in Sentry, or leave it out")
    })?;
    let mut options =
        ClientOptions::new().release(concat!("promptpilot@", env!("CARGO_PKG_VERSION")));
    options.dsn = dsn;
    Ok(sentry::init(options))
}
