//! From a request at a function URL to its answer.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;
use uuid::Uuid;

use crate::auth;
use crate::body::Body;
use crate::caller::{self, Call, NotCalled};
use crate::context::Context;
use crate::model::UrlAuth;
use crate::process::Limits;
use crate::registry::UrlRoute;

use super::address::target;
use super::cors;
use super::event::Source;
use super::response::{from_answer, refusal};

const HELP: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) secure: bool,
}

/// Answers a request to a function URL.
pub(crate) async fn handle(
    context: &Context,
    peer: Peer,
    request: Request<Incoming>,
) -> Response<Body> {
    let id = Uuid::new_v4();
    let mut response = match answer(context, peer, id, request).await {
        Ok(response) | Err(response) => response,
    };
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    if let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Both sides are responses; the error side only makes early ends short.
async fn answer(
    context: &Context,
    peer: Peer,
    id: Uuid,
    request: Request<Incoming>,
) -> Result<Response<Body>, Response<Body>> {
    let (head, body) = request.into_parts();
    let target = target(&head.uri, &head.headers).ok_or_else(|| forbidden(None))?;
    let route = context.registry.url(target.url_id).ok_or_else(|| forbidden(None))?;
    let cors = route.config.cors.as_ref();
    if let Some(told) = cors.and_then(|cors| cors::preflight(cors, &head)) {
        return Ok(told);
    }
    if route.config.auth == UrlAuth::None && !route.public {
        return Err(forbidden(Some(HELP)));
    }
    let body = read(body, context.registry.limits()).await?;
    let access_key = match route.config.auth {
        UrlAuth::None => None,
        UrlAuth::AwsIam => {
            let signed = auth::verify(&context.credentials, &context.region, &head, &body);
            signed.map_err(|_| forbidden(Some(HELP)))?;
            Some(context.credentials.access_key_id())
        }
    };
    let trace_id = caller::trace_id(&head.headers, id);
    let source = Source {
        url_id: target.url_id,
        id,
        method: head.method.as_str(),
        path: target.path,
        query: head.uri.query().unwrap_or_default(),
        headers: &head.headers,
        body: &body,
        source_ip: peer.address.ip(),
        secure: peer.secure,
        port: context.address.port(),
        trace_id: &trace_id,
        access_key,
    };
    let payload = source.event().map_err(|_| bad_request())?;
    let mut response = call(context, &route, id, payload, trace_id).await?;
    if let Some(cors) = cors {
        cors::apply(cors, &head.headers, response.headers_mut());
    }
    Ok(response)
}

async fn call(
    context: &Context,
    route: &UrlRoute,
    id: Uuid,
    payload: Bytes,
    trace_id: HeaderValue,
) -> Result<Response<Body>, Response<Body>> {
    let calling = caller::call(Call {
        entry: &route.entry,
        qualifier: &route.qualifier,
        id,
        payload,
        invoked_arn: Arc::clone(&route.invoked_arn),
        trace_id,
        client_context: None,
        wants_log: false,
    });
    let calling = calling.map_err(|not_called| match not_called {
        NotCalled::NoVersion => forbidden(Some(HELP)),
        NotCalled::Reserved | NotCalled::Busy => {
            let kind = "TooManyRequestsException";
            refusal(StatusCode::TOO_MANY_REQUESTS, kind, Some("Rate Exceeded."))
        }
    })?;
    match calling.answer().await {
        Ok(answer) => {
            let limits = context.registry.limits();
            Ok(from_answer(answer, route.config.invoke_mode, limits).await)
        }
        Err(_) => Err(refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            Some("The host is shutting down"),
        )),
    }
}

async fn read(body: Incoming, limits: &Limits) -> Result<Bytes, Response<Body>> {
    let read = Limited::new(body, limits.request).collect();
    let Ok(read) = timeout(limits.body_within, read).await else {
        return Err(refusal(
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeoutException",
            Some("Request Timeout"),
        ));
    };
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
            Some("Request Entity Too Large"),
        )),
        Err(_) => Err(bad_request()),
    }
}

fn bad_request() -> Response<Body> {
    refusal(StatusCode::BAD_REQUEST, "BadRequestException", Some("Bad Request"))
}

fn forbidden(message: Option<&str>) -> Response<Body> {
    refusal(StatusCode::FORBIDDEN, "AccessDeniedException", message)
}
