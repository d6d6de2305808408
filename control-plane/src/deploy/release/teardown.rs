//! Delete: URL, alias and function of an endpoint are taken down; its history stays.

use super::store;
use crate::{
    deploy::{live::close, store as deployments},
    endpoints::{
        routes::{check_revision, endpoint},
        store as endpoints,
    },
    environments,
    http::{Context, Problem, revision::Seen},
    lambda::LambdaError,
};

pub(crate) async fn run(
    context: &Context,
    seen: &Seen,
    name: &str,
    environment_name: &str,
) -> Result<(), Problem> {
    let mut db = context.begin().await?;
    let environment = environments::find(&mut db, environment_name).await?;
    endpoint(&mut db, name).await?;
    let id = endpoints::hold(&mut db, context.organization, name).await?.id;
    check_revision(&mut db, seen, environment, name).await?;
    // The row is held first: no deploy of this endpoint can be accepted meanwhile.
    endpoints::delete(&mut db, id).await?;
    deployments::forget_functions(&mut db, id).await?;
    if store::is_being_deployed(&mut db, id).await? {
        return Err(Problem::conflict("deployment-running", format!("`{name}` is being deployed"))
            .hint("wait for it, or cancel it first"));
    }
    for function in store::functions(&mut db, id).await? {
        remove(context.plane.lambda(), &function)
            .await
            .map_err(|error| Problem::internal("take the function down", &error))?;
    }
    db.commit().await?;
    tracing::info!(endpoint = name, "deleted");
    Ok(())
}

/// Takes down a function with all that belongs to it. What is not there is fine.
pub(crate) async fn remove(
    client: &aws_sdk_lambda::Client,
    function: &str,
) -> Result<(), LambdaError> {
    close(client, function).await?;
    let done = client
        .delete_function()
        .function_name(function)
        .send()
        .await
        .map_err(LambdaError::from_sdk("delete the function"));
    match done {
        Err(error) if !error.not_found() => Err(error),
        _ => Ok(()),
    }
}
