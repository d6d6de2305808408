//! An endpoint with a provider of its own, which waits until sixteen calls are with it and then
//! panics in the one whose prompt is `panic`. For the test that the others go on.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use http::HeaderMap;
use promptpilot_runtime::{
    endpoint::{Auth, Endpoint, Field, Kind, Log, Message, Model, Parameters, Response, Role},
    provider::{Answer, Ask, Event, Failure, Provider, Request, Step},
    serve,
    transport::{Reply, Transport},
};

#[derive(Debug)]
struct Together;

static WAITING: AtomicUsize = AtomicUsize::new(0);

impl Provider for Together {
    fn name(&self) -> &'static str {
        "together"
    }

    fn transport(&self) -> &'static dyn Transport {
        &Together
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let body = ask.turns[0].text.clone().into();
        Request { body, ..Request::get("") }
    }

    fn answer(&self, _: &[u8]) -> Result<Answer, Failure> {
        Ok(Answer { text: "fine".to_owned(), ..Answer::default() })
    }

    fn event(&self, _: Event<'_>, _: &mut Answer) -> Result<Step, Failure> {
        Ok(Step::Done)
    }

    fn failure(&self, _: u16, _: &HeaderMap, _: &[u8]) -> Failure {
        unreachable!("this provider never fails")
    }
}

impl Transport for Together {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Failure>> {
        async move {
            WAITING.fetch_add(1, Ordering::SeqCst);
            while WAITING.load(Ordering::SeqCst) < 16 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(request.body != "panic", "a prompt named `panic`");
            let body = stream::iter([Ok(Bytes::new())]).boxed();
            Ok(Reply { status: 200, headers: HeaderMap::new(), body })
        }
        .boxed()
    }
}

static ENDPOINT: Endpoint = Endpoint {
    name: "panicking",
    description: "",
    log: Log::Full,
    prompt: &[Message { role: Role::User, template: "{{ text }}" }],
    request: &[Field {
        name: "text",
        optional: false,
        default: None,
        sensitive: false,
        kind: Kind::String { min_length: 0, max_length: None },
    }],
    tools: &[],
    response: Response::Text,
    models: &[Model {
        provider: &Together,
        name: "together",
        key: None,
        base_url: None,
        region: None,
        api_version: None,
        holds_to_schema: true,
        parameters: Parameters {
            max_tokens: None,
            temperature: None,
            top_p: None,
            stop: &[],
            seed: None,
            effort: None,
        },
        price: None,
        price_steps: &[],
    }],
    splits: &[],
    timeout_ms: 30_000,
    retries: 0,
    hedge_ms: None,
    max_body: 10_000,
    origins: &[],
    auth: Auth::Public,
    rate: None,
    budgets: &[],
    unbudgeted: false,
    cache: None,
    state: &[],
    openapi: "{}",
};

fn main() -> ExitCode {
    serve(&ENDPOINT)
}
