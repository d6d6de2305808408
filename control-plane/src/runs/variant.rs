//! One variant, run by the runtime of deployed functions.

use std::time::{Duration, Instant};

use promptpilot_codegen::PlannedModel;
use promptpilot_runtime::{
    endpoint::{Model, Parameters, Response},
    provider::{
        ANTHROPIC, AZURE_CHAT, AZURE_DEPLOYMENT, AZURE_RESPONSES, BEDROCK, COHERE, GEMINI,
        HUGGINGFACE, OPENAI_CHAT, OPENAI_COMPATIBLE, OPENAI_RESPONSES, Provider, SANDBOX,
    },
    studio::{self, Ran, Run},
};
use promptpilot_spec::{
    definition::{Api, ProviderKind},
    record::Source,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    model::{RunError, RunResult, RunUsage},
    prepare::Ready,
};
use crate::{calls::Ran as Kept, http::Context};

/// How long a run may take.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);

/// Runs a variant to its end and writes it down as a call. Text goes to `deltas` as it comes where
/// `streams`; once nobody takes it any more, the run is cancelled, at the provider, too.
pub(super) async fn run(
    context: Context,
    variant: usize,
    ready: Ready,
    source: Source,
    streams: bool,
    deltas: mpsc::Sender<String>,
) -> RunResult {
    let stop: Vec<&str> = ready.model.stop.iter().map(String::as_str).collect();
    let funds = context.plane.funds(context.organization);
    let run = Run {
        name: &ready.name,
        organization: context.organization,
        source,
        call: Uuid::now_v7(),
        arrived: Instant::now(),
        messages: &ready.messages,
        values: &ready.values,
        conversation: &[],
        response: &Response::Text,
        model: model(&ready.model, &stop),
        key: ready.key.as_ref(),
        timeout: LONGEST,
        funds: &funds,
        own: None,
    };
    let Ran { outcome, record } = studio::run(run, &deltas, streams).await;
    let kept = Kept { record: &record, prompt: ready.kept };
    if let Err(error) = context.plane.keep_run(kept).await {
        tracing::error!(call = %record.call_id, %error, "could not keep the record of a run");
    }
    let millis = |micros: u64| micros as f64 / 1000.0;
    let (text, error) = match outcome {
        Ok(text) => (Some(text), None),
        Err(refused) => (
            None,
            Some(RunError {
                kind: refused.kind.to_owned(),
                status: refused.status,
                detail: refused.detail,
            }),
        ),
    };
    RunResult {
        variant,
        call: record.call_id,
        prompt_version: ready.kept.map(|(_, version)| version),
        text,
        error,
        finish: record.finish,
        provider: record.provider,
        model: record.model_answered.or(record.model),
        usage: RunUsage {
            tokens_in: record.tokens_in,
            tokens_out: record.tokens_out,
            tokens_cached: record.tokens_cached,
        },
        cost_usd: record.cost_micro_usd.map(studio::usd),
        latency_ms: millis(record.total_us),
        first_token_ms: record.first_token_us.map(millis),
    }
}

/// A model as the runtime takes it.
pub(crate) fn model<'a>(planned: &'a PlannedModel, stop: &'a [&'a str]) -> Model<'a> {
    Model {
        provider: provider(planned),
        name: &planned.name,
        key: planned.key_variable.as_deref(),
        base_url: planned.base_url.as_deref(),
        region: planned.region.as_deref(),
        api_version: planned.api_version.as_deref(),
        holds_to_schema: planned.holds_to_schema,
        parameters: Parameters {
            max_tokens: planned.max_tokens,
            temperature: planned.temperature,
            top_p: planned.top_p,
            stop,
            seed: planned.seed,
            effort: planned.effort,
        },
        price: planned.price,
        price_steps: &planned.price_steps,
    }
}

/// Who answers, as generated code names them.
fn provider(model: &PlannedModel) -> &'static dyn Provider {
    match model.provider {
        ProviderKind::Anthropic => &ANTHROPIC,
        ProviderKind::OpenAi if model.api == Some(Api::Chat) => &OPENAI_CHAT,
        ProviderKind::OpenAi => &OPENAI_RESPONSES,
        ProviderKind::OpenAiCompatible => &OPENAI_COMPATIBLE,
        ProviderKind::AzureOpenAi if model.api == Some(Api::Responses) => &AZURE_RESPONSES,
        ProviderKind::AzureOpenAi if model.is_dated() => &AZURE_DEPLOYMENT,
        ProviderKind::AzureOpenAi => &AZURE_CHAT,
        ProviderKind::Bedrock => &BEDROCK,
        ProviderKind::Cohere => &COHERE,
        ProviderKind::Gemini => &GEMINI,
        ProviderKind::HuggingFace => &HUGGINGFACE,
        ProviderKind::Sandbox => &SANDBOX,
    }
}
