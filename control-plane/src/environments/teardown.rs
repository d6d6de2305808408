//! Deleting an environment: its functions are taken down, its credentials forgotten; what happened in
//! it stays.

use super::{DEFAULT, missing, model::DeletedEnvironment, store};
use crate::{
    deploy::{release::teardown::remove, store::close_empty_batches},
    http::{Context, Problem},
};

pub(super) async fn run(context: &Context, name: &str) -> Result<DeletedEnvironment, Problem> {
    if name == DEFAULT {
        let detail = format!("`{DEFAULT}` is always there");
        return Err(
            Problem::conflict("environment-needed", detail).hint("delete its endpoints one by one")
        );
    }
    let mut db = context.begin().await?;
    // Held: no deploy into it can be accepted meanwhile.
    let id = store::hold(&mut db, name).await?.ok_or_else(|| missing(name))?;
    let functions = store::functions(&mut db, id).await?;
    store::delete(&mut db, id).await?;
    close_empty_batches(&mut db).await?;
    if store::is_busy(&mut db, id).await? {
        let detail = format!("something is being deployed to `{name}`");
        return Err(
            Problem::conflict("deployment-running", detail).hint("wait for it, or cancel it first")
        );
    }
    for function in &functions {
        remove(context.plane.lambda(), &function.name)
            .await
            .map_err(|error| Problem::internal("take a function down", &error))?;
    }
    db.commit().await?;
    tracing::info!(environment = name, functions = functions.len(), "deleted");
    let live = functions.into_iter().filter(|function| function.live);
    let endpoints = live.map(|function| function.endpoint).collect();
    Ok(DeletedEnvironment { name: name.to_owned(), endpoints })
}
