//! Asking a provider whether it takes a key: by a request that costs nothing. It goes out like a
//! function's own requests do, so where private addresses may not be called, this may not either.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use bytes::BytesMut;
use futures::TryStreamExt;
use promptpilot_runtime::{
    provider::{Failure, Request, short},
    transport::{HTTP, Reply, Transport},
};
use promptpilot_spec::definition::ProviderKind;
use serde_json::Value;

use super::model::{CheckRequest, CheckResult};
use crate::{http::Problem, secret::Secret};

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// So much of an answer is read, in bytes.
const MOST_READ: usize = 64 << 10;

/// Asks a provider about a key.
pub(super) async fn run(
    provider: ProviderKind,
    key: &Secret,
    wanted: &CheckRequest,
) -> Result<CheckResult, Problem> {
    let question = question(provider, key, wanted)?;
    let began = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, ask(question)).await;
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, refusal) = match answer {
        Ok(Ok((status, _))) if status < 300 => (Some(status), None),
        Ok(Ok((status, body))) => (Some(status), Some(words(status, &body))),
        Ok(Err(failure)) => (None, Some(short(&failure.message))),
        Err(_) => (None, Some(format!("no answer within {} seconds", PATIENCE.as_secs()))),
    };
    Ok(CheckResult { accepted: refusal.is_none(), status, refusal, took_ms })
}

/// The request, or the problem that something is missing or given in vain.
fn question(
    provider: ProviderKind,
    key: &Secret,
    wanted: &CheckRequest,
) -> Result<Request, Problem> {
    use ProviderKind::{
        Anthropic, AzureOpenAi, Bedrock, Cohere, Gemini, HuggingFace, OpenAi, OpenAiCompatible,
        Sandbox,
    };
    let base = wanted.base_url.as_deref().map(|url| url.trim_end_matches('/'));
    // To no address but the provider's own is a key sent that has one.
    match (provider, base) {
        (AzureOpenAi | OpenAiCompatible, None) => {
            return Err(invalid("`base_url` is missing: this provider has no address of its own"));
        }
        (AzureOpenAi | OpenAiCompatible, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            return Err(invalid("this provider has an address of its own; leave `base_url` out"));
        }
    }
    let base = base.unwrap_or_default();
    let region = wanted.region.as_deref().unwrap_or("us-east-1");
    if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(invalid("`region` is letters, digits and hyphens"));
    }
    let url = match provider {
        OpenAi => "https://api.openai.com/v1/models".to_owned(),
        Anthropic => "https://api.anthropic.com/v1/models?limit=1".to_owned(),
        Cohere => "https://api.cohere.com/v1/models?page_size=1".to_owned(),
        AzureOpenAi => format!("{base}/openai/v1/models"),
        HuggingFace => "https://huggingface.co/api/whoami-v2".to_owned(),
        Gemini => "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1".to_owned(),
        Bedrock => format!("https://bedrock.{region}.amazonaws.com/foundation-models"),
        OpenAiCompatible => format!("{base}/models"),
        Sandbox => return Err(invalid("the sandbox takes no key")),
    };
    let request = Request::get(url);
    Ok(match provider {
        Anthropic => {
            request.header("x-api-key", key.expose()).header("anthropic-version", "2023-06-01")
        }
        AzureOpenAi => request.header("api-key", key.expose()),
        Gemini => request.header("x-goog-api-key", key.expose()),
        _ => request.header("authorization", format!("Bearer {}", key.expose())),
    })
}

fn invalid(detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "credential-invalid", detail)
}

/// The answer's status, and the beginning of its body.
async fn ask(question: Request) -> Result<(u16, BytesMut), Failure> {
    let Reply { status, mut body, .. } = HTTP.send(question).await?;
    let mut read = BytesMut::new();
    while let Some(piece) = body.try_next().await? {
        read.extend_from_slice(&piece[..piece.len().min(MOST_READ - read.len())]);
        if read.len() == MOST_READ {
            break;
        }
    }
    Ok((status, read))
}

/// What a provider said, on one line and without the key that it may repeat.
fn words(status: u16, body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let said = ["/error/message", "/message", "/error"]
        .into_iter()
        .find_map(|pointer| json.pointer(pointer)?.as_str())
        .filter(|said| !said.trim().is_empty());
    match said {
        Some(said) => short(said),
        None => format!("it answered with status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(provider: ProviderKind, base_url: Option<&str>) -> Option<String> {
        let wanted = CheckRequest { base_url: base_url.map(str::to_owned), region: None };
        question(provider, &"k".into(), &wanted).ok().map(|request| request.url)
    }

    #[test]
    fn a_key_goes_to_its_provider_and_to_nobody_else() {
        for provider in ProviderKind::ALL {
            let elsewhere = asked(provider, Some("https://collector.example/v1/"));
            let own = asked(provider, None);
            match provider {
                ProviderKind::Sandbox => assert_eq!((own, elsewhere), (None, None)),
                ProviderKind::AzureOpenAi | ProviderKind::OpenAiCompatible => {
                    assert!(own.is_none() && elsewhere.is_some(), "{provider:?}");
                }
                _ => assert!(own.is_some() && elsewhere.is_none(), "{provider:?}"),
            }
        }
        let beside = CheckRequest { base_url: None, region: Some("x.example/#".to_owned()) };
        assert!(question(ProviderKind::Bedrock, &"k".into(), &beside).is_err());
    }

    #[test]
    fn a_refusal_is_told_in_the_providers_words() {
        let said = |body: &str| words(401, body.as_bytes());
        assert_eq!(said(r#"{"error":{"message":"Incorrect key."}}"#), "Incorrect key.");
        assert_eq!(said(r#"{"message":"invalid api token"}"#), "invalid api token");
        assert_eq!(said(r#"{"error":"Invalid user"}"#), "Invalid user");
        assert_eq!(said("<html>"), "it answered with status 401");
        assert!(!said(r#"{"message":"wrong key sk-proj-abcdefghijklmnop"}"#).contains("abcdef"));
    }
}
