//! An organization's budget over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::{Json, http::StatusCode, response::NoContent};
use promptpilot_runtime::studio::usd;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    holds_functions,
    model::{Budget, BudgetState},
    store,
};
use crate::{
    http::{
        Context, Problem,
        body::Body,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
    state::mirror,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "organizations";
    let set = describe_with(
        TAG,
        "setBudget",
        "Say what the organization may spend in a period",
        &["budget-invalid", "state-unavailable"],
        json!({ "limit": "100 USD/month", "soft": 0.8 }),
    );
    ApiRouter::new().api_route(
        "/api/organizations/{organization}/budget",
        get_with(
            show,
            describe(
                TAG,
                "showBudget",
                "Show what the organization may spend, and has spent",
                &["state-unavailable"],
            ),
        )
        .put_with(put, set)
        .delete_with(
            remove,
            describe(
                TAG,
                "removeBudget",
                "Let the organization spend what it likes",
                &["state-unavailable"],
            ),
        ),
    )
}

async fn show(context: Context) -> Result<Json<BudgetState>, Problem> {
    let mut db = context.read().await?;
    let budget = store::get(&mut db).await?;
    state(&context, &mut db, budget).await.map(Json)
}

async fn put(context: Context, Body(budget): Body<Budget>) -> Result<Json<BudgetState>, Problem> {
    check(&budget)?;
    let mut db = context.begin().await?;
    store::set(&mut db, Some(&budget)).await?;
    let state = state(&context, &mut db, Some(budget)).await?;
    // Before it is saved: what no function knows holds nobody.
    mirror::tell_limit(&context.plane, &mut db, context.organization).await?;
    db.commit().await?;
    Ok(Json(state))
}

async fn remove(context: Context) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    store::set(&mut db, None).await?;
    mirror::tell_limit(&context.plane, &mut db, context.organization).await?;
    db.commit().await?;
    Ok(NoContent)
}

async fn state(
    context: &Context,
    db: &mut PgConnection,
    budget: Option<Budget>,
) -> Result<BudgetState, Problem> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let window = budget.as_ref().map(|budget| budget.limit.per.window(now));
    let spent = match window {
        Some((begins, _)) => Some(spent(context, db, begins).await?),
        None => None,
    };
    Ok(BudgetState {
        budget,
        spent_usd: spent.map(usd),
        resets: window.and_then(|(_, ends)| OffsetDateTime::from_unix_timestamp(ends).ok()),
        holds_endpoints: holds_functions(&context.plane),
    })
}

/// What was taken in the window that begins then, in micro-USD, where functions take it.
async fn spent(context: &Context, db: &mut PgConnection, begins: i64) -> Result<u64, Problem> {
    match context.plane.mirror() {
        Some(mirror) => mirror.spent(context.organization, begins).await,
        None => Ok(store::taken(db, begins).await?.unsigned_abs()),
    }
}

fn check(budget: &Budget) -> Result<(), Problem> {
    let (detail, hint) = if budget.limit.micro_usd == 0 {
        ("`limit` lets nobody call", "give an amount above 0 USD, or remove the budget")
    } else if i64::try_from(budget.limit.micro_usd).is_err() {
        ("`limit` is more money than there is", "remove the budget")
    } else if budget.soft.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
        ("`soft` is a share above 0 and up to 1", "give 0.8 for four fifths, or leave it out")
    } else {
        return Ok(());
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Err(Problem::new(status, "budget-invalid", detail).hint(hint))
}
