//! Forgetting over HTTP.

use aide::axum::{ApiRouter, routing::delete_with};
use axum::Json;

use super::{
    erase,
    model::{ErasedCalls, Whose},
};
use crate::{
    http::{Context, Problem, extract::Query, openapi::describe},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const SUMMARY: &str = "Forget a user: the texts of all of their calls, and whose they were";
    ApiRouter::new().api_route(
        "/api/calls",
        delete_with(delete, describe("calls", "eraseCalls", SUMMARY, &["query-invalid"])),
    )
}

async fn delete(
    context: Context,
    Query(Whose { user }): Query<Whose>,
) -> Result<Json<ErasedCalls>, Problem> {
    if user.is_empty() {
        let detail = "`user` names nobody";
        return Err(Problem::bad_request("query-invalid", detail)
            .hint("give the user as calls name them: `?user=`"));
    }
    erase(&context, &user).await.map(Json)
}
