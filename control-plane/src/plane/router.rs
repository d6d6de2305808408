//! All of its routes, and what every request to them passes.

use aide::axum::ApiRouter;
use axum::{
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use super::ControlPlane;
use crate::{
    audit, budget,
    calls::{self, ingest::firehose},
    credentials, deploy, endpoints, environments, events,
    execution::{self, openai::errors},
    http::{
        Problem, body::MOST_BODY, documents, frame, guard, idempotency, metrics, rate, request_id,
    },
    keys, models, organizations, pages,
    people::{self, admit},
    prompts, runs, state, status, tokens,
};

impl ControlPlane {
    /// The HTTP API.
    pub fn router(&self) -> axum::Router {
        let documented = ApiRouter::new()
            .merge(people::routes::router())
            .merge(tokens::routes::router())
            .merge(organizations::routes::router())
            .merge(budget::routes::router())
            .merge(status::routes::router())
            .merge(endpoints::routes::router())
            .merge(endpoints::snippets::router())
            .merge(deploy::routes::router())
            .merge(deploy::plan::routes::router())
            .merge(deploy::release::routes::router())
            .merge(calls::search::routes::router())
            .merge(calls::figures::routes::router())
            .merge(calls::export::routes::router())
            .merge(calls::retention::routes::router())
            .merge(calls::erasure::routes::router())
            .merge(calls::ingest::routes::router())
            .merge(keys::routes::router())
            .merge(credentials::routes::router())
            .merge(models::routes::router())
            .merge(environments::routes::router())
            .merge(environments::variables::routes::router())
            .merge(audit::routes::router())
            .merge(events::routes::router())
            .merge(prompts::routes::router())
            .merge(runs::routes::router())
            .merge(execution::routes::router());
        documents::with_documents(documented)
            .route("/metrics", get(metrics::show))
            .route("/api/ingest/firehose", post(firehose::deliver))
            .fallback(pages::answer)
            .method_not_allowed_fallback(Problem::method_not_allowed)
            .layer(middleware::from_fn_with_state(self.clone(), idempotency::repeat))
            .layer(middleware::from_fn_with_state(self.clone(), admit::admit))
            .layer(DefaultBodyLimit::max(MOST_BODY))
            .layer(middleware::from_fn(frame::within_time))
            .layer(middleware::from_fn_with_state(self.clone(), rate::limit))
            .layer(middleware::from_fn_with_state(self.clone(), guard::same_site))
            .layer(frame::cors(&self.settings().cors_origins))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(Problem::panicked))
            .layer(middleware::from_fn(errors::translate))
            .layer(middleware::from_fn_with_state(self.clone(), metrics::count))
            .layer(middleware::from_fn_with_state(self.clone(), frame::protect))
            .layer(middleware::from_fn(request_id::identify))
            .with_state(self.clone())
    }

    /// What deployed functions ask, for a listener of its own that only they reach.
    pub fn state_router(&self) -> axum::Router {
        axum::Router::new()
            .merge(state::routes::router())
            .fallback(async |uri: axum::http::Uri| Problem::not_found("route", uri.path()))
            .layer(DefaultBodyLimit::max(MOST_BODY))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(Problem::panicked))
            .with_state(self.clone())
    }
}
