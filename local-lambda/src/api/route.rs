//! From a request to its operation.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use uuid::Uuid;

use crate::auth;
use crate::body::Body;
use crate::context::Context;

use super::error::ApiError;
use super::request::{ApiRequest, Query};
use super::{
    absent, account, aliases, code, code_signing, concurrency, configuration, event_config,
    functions, invoke, permissions, provisioned, stream, tags, urls, versions,
};

const MAX_REQUEST: usize = 70_167_211;

/// Answers a request of the REST API.
pub(crate) async fn handle(context: &Arc<Context>, request: Request<Incoming>) -> Response<Body> {
    let id = Uuid::new_v4();
    let mut response = match answer(context, id, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Whether a path is of an operation that calls a function.
pub(crate) fn is_call(path: &str) -> bool {
    path.ends_with("invocations") || path.ends_with("/invoke-async")
}

async fn answer(
    context: &Arc<Context>,
    id: Uuid,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let (head, body) = request.into_parts();
    auth::check_origin(&head)?;
    // Downloads carry their own token: nobody signs them.
    if let Some(rest) = head.uri.path().strip_prefix(functions::DOWNLOADS)
        && head.method == Method::GET
    {
        return functions::download(context, rest).await;
    }
    let body = match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let operation = match (head.method.as_str(), head.uri.path().trim_end_matches('/')) {
                ("POST", "/2015-03-31/functions") => "CreateFunction",
                ("PUT", path) if path.ends_with("/code") => "UpdateFunctionCode",
                _ => "requested",
            };
            return Err(ApiError::too_large(format!(
                "Request must be smaller than {MAX_REQUEST} bytes for the {operation} operation"
            )));
        }
        Err(error) => return Err(ApiError::malformed(error)),
    };
    if context.auth {
        auth::verify(&context.credentials, &context.region, &head, &body)?;
    }
    let Parts { method, uri, headers, .. } = head;
    let request = ApiRequest {
        segments: ApiRequest::segments_of(uri.path()),
        query: Query::parse(uri.query().unwrap_or_default()),
        headers,
        body,
    };
    dispatch(context, &method, &request, id).await
}

async fn dispatch(
    context: &Arc<Context>,
    method: &Method,
    request: &ApiRequest,
    id: Uuid,
) -> Result<Response<Body>, ApiError> {
    let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (method.as_str(), path.as_slice()) {
        ("POST", ["2015-03-31", "functions"]) => functions::create(context, request).await,
        ("GET", ["2015-03-31", "functions"]) => functions::list(context, request),
        (_, ["2015-03-31", "functions", _, ..]) => {
            function(context, method, request, &path, id).await
        }
        ("POST", ["2021-11-15", "functions", _, "response-streaming-invocations"]) => {
            stream::invoke(context, request, id).await
        }
        ("POST", ["2021-10-31", "functions", _, "url"]) => urls::create(context, request).await,
        ("PUT", ["2021-10-31", "functions", _, "url"]) => urls::update(context, request).await,
        ("GET", ["2021-10-31", "functions", _, "url"]) => urls::get(context, request),
        ("DELETE", ["2021-10-31", "functions", _, "url"]) => urls::delete(context, request).await,
        ("GET", ["2021-10-31", "functions", _, "urls"]) => urls::list(context, request),
        ("PUT", ["2017-10-31", "functions", _, "concurrency"]) => {
            concurrency::put(context, request).await
        }
        ("DELETE", ["2017-10-31", "functions", _, "concurrency"]) => {
            concurrency::delete(context, request).await
        }
        ("GET", ["2019-09-30", "functions", _, "concurrency"]) => {
            concurrency::get(context, request)
        }
        (_, ["2019-09-25", "functions", _, "event-invoke-config", ..]) => {
            event_config(context, method, request, &path).await
        }
        (_, ["2019-09-30", "functions", _, "provisioned-concurrency"]) => {
            provisioned(context, method, request, &path).await
        }
        (_, ["2020-06-30", "functions", _, "code-signing-config"]) => match method.as_str() {
            "GET" => code_signing::get(context, request),
            "DELETE" => code_signing::delete(context, request),
            "PUT" => code_signing::put(request),
            method => Err(absent::refused(method, &path)),
        },
        ("GET", ["2017-03-31", "tags", arn]) => tags::list(context, arn),
        ("POST", ["2017-03-31", "tags", arn]) => tags::tag(context, request, arn).await,
        ("DELETE", ["2017-03-31", "tags", arn]) => tags::untag(context, request, arn).await,
        ("GET", ["2016-08-19", "account-settings"]) => account::settings(context),
        (method, path) => Err(absent::refused(method, path)),
    }
}

/// The operations below `/2015-03-31/functions/<name>`.
async fn function(
    context: &Arc<Context>,
    method: &Method,
    request: &ApiRequest,
    path: &[&str],
    id: Uuid,
) -> Result<Response<Body>, ApiError> {
    match (method.as_str(), path.get(3..).unwrap_or_default()) {
        ("GET", []) => functions::get(context, request),
        ("DELETE", []) => functions::delete(context, request).await,
        ("GET", ["configuration"]) => functions::get_configuration(context, request),
        ("PUT", ["configuration"]) => configuration::update(context, request).await,
        ("PUT", ["code"]) => code::update(context, request).await,
        ("POST", ["versions"]) => versions::publish(context, request).await,
        ("GET", ["versions"]) => versions::list(context, request),
        ("POST", ["aliases"]) => aliases::create(context, request).await,
        ("GET", ["aliases"]) => aliases::list(context, request),
        ("GET", ["aliases", _]) => aliases::get(context, request),
        ("PUT", ["aliases", _]) => aliases::update(context, request).await,
        ("DELETE", ["aliases", _]) => aliases::delete(context, request).await,
        ("POST", ["policy"]) => permissions::add(context, request).await,
        ("GET", ["policy"]) => permissions::get(context, request),
        ("DELETE", ["policy", _]) => permissions::remove(context, request).await,
        ("POST", ["invocations"]) => invoke::invoke(context, request, id).await,
        (method, _) => Err(absent::refused(method, path)),
    }
}

async fn event_config(
    context: &Arc<Context>,
    method: &Method,
    request: &ApiRequest,
    path: &[&str],
) -> Result<Response<Body>, ApiError> {
    match (method.as_str(), path.get(4..).unwrap_or_default()) {
        ("PUT", []) => event_config::put(context, request).await,
        ("POST", []) => event_config::update(context, request).await,
        ("GET", []) => event_config::get(context, request),
        ("DELETE", []) => event_config::delete(context, request).await,
        ("GET", ["list"]) => event_config::list(context, request),
        (method, _) => Err(absent::refused(method, path)),
    }
}

async fn provisioned(
    context: &Arc<Context>,
    method: &Method,
    request: &ApiRequest,
    path: &[&str],
) -> Result<Response<Body>, ApiError> {
    match method.as_str() {
        "PUT" => provisioned::put(context, request).await,
        "GET" if request.query.get("List").is_some() => provisioned::list(context, request),
        "GET" => provisioned::get(context, request),
        "DELETE" => provisioned::delete(context, request).await,
        method => Err(absent::refused(method, path)),
    }
}
