//! The OpenAPI document and the page that shows it. The page needs nothing from elsewhere.

use aide::{axum::ApiRouter, openapi::OpenApi, redoc::Redoc};
use axum::{
    Router,
    body::Bytes,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{Html, IntoResponse},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::openapi;
use crate::plane::ControlPlane;

const DOCUMENT: &str = "/api/openapi.json";
const PAGE: &str = "/api/docs";

/// The documented routes, together with the routes of their documents.
pub(crate) fn with_documents(router: ApiRouter<ControlPlane>) -> Router<ControlPlane> {
    let (router, api) = openapi::finish(router);
    let document = document(&api);
    let page = Bytes::from(Redoc::new(DOCUMENT).with_title("Prompt Pilot API").html());
    let policy = policy(&page);
    router
        .route(
            DOCUMENT,
            get(async move || {
                let json = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, json)], document.clone())
            }),
        )
        .route(
            PAGE,
            get(async move || {
                let cached = HeaderValue::from_static("max-age=3600");
                let headers = [(CONTENT_SECURITY_POLICY, policy.clone()), (CACHE_CONTROL, cached)];
                (headers, Html(page.clone())).into_response()
            }),
        )
}

fn document(api: &OpenApi) -> Bytes {
    serde_json::to_vec(api).map_or_else(|_| Bytes::new(), Bytes::from)
}

/// Allows the page its own script, and no other.
fn policy(page: &[u8]) -> HeaderValue {
    let page = String::from_utf8_lossy(page);
    let script = page.split_once("<script>").and_then(|(_, rest)| rest.rsplit_once("</script>"));
    let hash = STANDARD.encode(Sha256::digest(script.map_or("", |(script, _)| script)));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; connect-src 'self'; worker-src blob:; \
         style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
