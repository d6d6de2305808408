//! OpenAI's API over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    chunks::{self, Chunks},
    model::{ChatCompletion, ChatRequest},
    models, request,
};
use crate::{
    execution::{
        KeyCaller,
        call::{self, Call},
        model::Place,
        prepare::Wanted,
        repeat,
        routes::KINDS,
        run::{self, Executing},
        stream,
    },
    http::{
        Problem,
        body::Body,
        extract::Query,
        openapi::{self, describe, describe_with},
    },
    plane::ControlPlane,
};

const TAG: &str = "prompts";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let completed = describe_with(
        TAG,
        "createChatCompletion",
        "Execute a prompt as clients of OpenAI ask for a chat completion, whole or in chunks",
        KINDS,
        json!({
            "model": "prompt:greet@production",
            "messages": [{ "role": "user", "content": "Hello" }],
            "variables": { "name": "Ada" },
        }),
    );
    let listed = describe(TAG, "listModels", "List prompts as clients of OpenAI list models", &[]);
    let shown = describe(
        TAG,
        "showModel",
        "Show a prompt as clients of OpenAI show a model",
        &["prompt-not-found", "label-not-found", "version-not-found"],
    );
    ApiRouter::new()
        .api_route(
            "/v1/chat/completions",
            post_with(complete, |operation| {
                openapi::or_live_events::<ChatCompletion>(completed(operation))
            }),
        )
        .api_route("/v1/models", get_with(models::list, listed))
        .api_route("/v1/models/{name}", get_with(models::show, shown))
}

async fn complete(
    caller: KeyCaller,
    place: Result<Query<Place>, Problem>,
    headers: HeaderMap,
    body: Result<Body<ChatRequest>, Problem>,
) -> Response {
    let body = body.map(|Body(request)| request);
    let named = body.as_ref().map(|request| request.model.clone()).unwrap_or_default();
    let shown = request::reference(&named).unwrap_or(&named);
    let mut call = Call::begin(caller, shown);
    let streams = body.as_ref().is_ok_and(|request| request.stream == Some(true));
    let options = body.as_ref().ok().and_then(|request| request.stream_options);
    let includes_usage = options.and_then(|options| options.include_usage).unwrap_or(false);
    let wanted = body.and_then(|request| {
        let kept = serde_json::to_value(&request).unwrap_or_default();
        call.note_request(&kept, streams);
        let repeat = repeat::read(&headers, &call.caller, &kept)?;
        let (user, metadata) = (request.user().map(str::to_owned), request.metadata.clone());
        let wanted = request::wanted(request)?;
        call.note_caller(user.as_deref(), metadata.as_ref());
        Ok(Wanted { repeat, ..wanted })
    });
    let framing = Chunks::new(call.id(), named, includes_usage);
    let executing = run::start(call, place.map(|Query(place)| place), wanted);
    let (id, head) = (executing.call, executing.head.clone());
    let answer = match streams {
        true => stream::answer(executing, framing).await,
        false => whole(executing).await,
    };
    answer.unwrap_or_else(|problem| (call::headers(id, &head), problem).into_response())
}

async fn whole(executing: Executing) -> Result<Response, Problem> {
    let Executing { call, head, texts, ended } = executing;
    let done = run::joined(ended).await?;
    // Held until now: who goes away drops it.
    drop(texts);
    Ok(chunks::whole(done, call::headers(call, &head)))
}
