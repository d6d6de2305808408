//! Go live: the alias moves to the verified version, and the URL leads to it. All deployments of
//! a batch or none. Safe to run twice: an alias that is right is left alone.

use aws_sdk_lambda::{
    Client,
    types::{AliasRoutingConfiguration, FunctionUrlAuthType, InvokeMode},
};

use super::{
    job::{Job, Stop, Work},
    model::{Level, Status},
    queue::store as queue,
    release::store,
};
use crate::lambda::{ALIAS, LambdaError, policy};

pub(crate) async fn run(work: &Work, jobs: &[Job]) -> Result<(), (usize, Stop)> {
    let at = |index: usize| move |error: sqlx::Error| (index, Stop::Database(error));
    work.go_on().map_err(|stop| (0, stop))?;
    // Whoever else would move these aliases waits until this is written down.
    let mut db =
        crate::database::begin_system(work.plane.database().system()).await.map_err(at(0))?;
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|index| jobs[*index].taken.endpoint);
    for index in &order {
        let taken = &jobs[*index].taken;
        store::hold_alias(&mut db, taken.endpoint, taken.environment).await.map_err(at(*index))?;
    }
    let mut urls = vec![String::new(); jobs.len()];
    let faults = work.plane.settings().worker.faults;
    for index in 0..jobs.len() {
        if faults.fail_switch == Some(index) {
            return Err((index, jobs[index].fail("an injected failure").internal().stop()));
        }
        if faults.stop_switch == Some(index) && work.claim.attempts == 1 {
            return Err((index, Stop::Abandoned));
        }
        urls[index] = match switch(work, &jobs[index]).await {
            Ok(url) => url,
            Err(stop) => return Err((index, stop)),
        };
    }
    for (index, job) in jobs.iter().enumerate() {
        let id = job.taken.id;
        store::release(&mut db, work.claim.organization, id, "deploy", None, &urls[index])
            .await
            .map_err(at(index))?;
        let text = format!("live at {}", urls[index]);
        queue::log(&mut db, work.claim.organization, id, job.stage, Level::Info, &text)
            .await
            .map_err(at(index))?;
        let held =
            queue::transition(&mut db, &work.claim, &work.worker, id, Status::Live, None).await;
        if !held.map_err(at(index))? {
            return Err((index, Stop::Lost));
        }
    }
    queue::finish(&mut db, &work.claim).await.map_err(at(0))?;
    db.commit().await.map_err(at(0))
}

/// Makes alias, URL and permissions be as they should; gives the URL.
async fn switch(work: &Work, job: &Job) -> Result<String, Stop> {
    let client = work.plane.lambda();
    let failed = |error: LambdaError| job.fail(error.to_string()).internal().stop();
    point_alias(client, &job.function, job.version()?).await.map_err(failed)?;
    let url = ensure_url(client, &job.function).await.map_err(failed)?;
    let mended = policy::ensure(client, &job.function).await.map_err(failed)?;
    if !mended.is_empty() {
        tracing::debug!(function = %job.function, ?mended, "mended the URL's permissions");
    }
    Ok(url)
}

/// Points the alias at a version.
pub(crate) async fn point_alias(
    client: &Client,
    function: &str,
    version: &str,
) -> Result<(), LambdaError> {
    for _ in 0..5 {
        let now = alias(client, function).await?;
        let done = match &now {
            Some(now) if now.version == version && !now.weighted => return Ok(()),
            Some(now) => client
                .update_alias()
                .function_name(function)
                .name(ALIAS)
                .function_version(version)
                .routing_config(AliasRoutingConfiguration::builder().build())
                .set_revision_id(now.revision.clone())
                .send()
                .await
                .map(drop)
                .map_err(LambdaError::from_sdk("move the alias")),
            None => client
                .create_alias()
                .function_name(function)
                .name(ALIAS)
                .function_version(version)
                .send()
                .await
                .map(drop)
                .map_err(LambdaError::from_sdk("create the alias")),
        };
        match done {
            Ok(()) => return Ok(()),
            // Somebody else moved it in between: look again.
            Err(error) if error.stale() || error.conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Err(LambdaError::unexpected("move the alias", "others kept moving it"))
}

struct Alias {
    version: String,
    weighted: bool,
    revision: Option<String>,
}

async fn alias(client: &Client, function: &str) -> Result<Option<Alias>, LambdaError> {
    let answer = client
        .get_alias()
        .function_name(function)
        .name(ALIAS)
        .send()
        .await
        .map_err(LambdaError::from_sdk("read the alias"));
    match answer {
        Ok(alias) => {
            let weights =
                alias.routing_config().and_then(|routing| routing.additional_version_weights());
            Ok(Some(Alias {
                weighted: weights.is_some_and(|weights| !weights.is_empty()),
                version: alias.function_version.unwrap_or_default(),
                revision: alias.revision_id,
            }))
        }
        Err(error) if error.not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the URL be there, answering as a stream to anybody: who may call is the function's own
/// matter.
async fn ensure_url(client: &Client, function: &str) -> Result<String, LambdaError> {
    let answer = client
        .get_function_url_config()
        .function_name(function)
        .qualifier(ALIAS)
        .send()
        .await
        .map_err(LambdaError::from_sdk("read the function's URL"));
    let now = match answer {
        Ok(now) => now,
        Err(error) if error.not_found() => return create_url(client, function).await,
        Err(error) => return Err(error),
    };
    let right = *now.auth_type() == FunctionUrlAuthType::None
        && now.invoke_mode() == Some(&InvokeMode::ResponseStream);
    if !right {
        client
            .update_function_url_config()
            .function_name(function)
            .qualifier(ALIAS)
            .auth_type(FunctionUrlAuthType::None)
            .invoke_mode(InvokeMode::ResponseStream)
            .send()
            .await
            .map_err(LambdaError::from_sdk("mend the function's URL"))?;
    }
    Ok(now.function_url().to_owned())
}

async fn create_url(client: &Client, function: &str) -> Result<String, LambdaError> {
    let made = client
        .create_function_url_config()
        .function_name(function)
        .qualifier(ALIAS)
        .auth_type(FunctionUrlAuthType::None)
        .invoke_mode(InvokeMode::ResponseStream)
        .send()
        .await
        .map_err(LambdaError::from_sdk("create the function's URL"))?;
    Ok(made.function_url().to_owned())
}

/// Puts aliases back to what is written down as live: after a batch that failed while it went
/// live, be it in this worker's hands or in those of one that is gone. Tells what it did.
pub(crate) async fn restore(work: &Work, job: &Job) -> Result<Option<String>, Stop> {
    let client = work.plane.lambda();
    let failed = |error: LambdaError| job.fail(error.to_string()).internal().stop();
    let mut db = crate::database::begin_system(work.plane.database().system()).await?;
    let taken = &job.taken;
    store::hold_alias(&mut db, taken.endpoint, taken.environment).await?;
    let live = store::live(&mut db, taken.endpoint, taken.environment).await?;
    let now = match alias(client, &job.function).await {
        Ok(now) => now,
        Err(error) => return Err(failed(error)),
    };
    match (live, now) {
        (Some(live), now)
            if now.as_ref().is_none_or(|now| now.version != live.function_version) =>
        {
            point_alias(client, &job.function, &live.function_version).await.map_err(failed)?;
            Ok(Some(format!("put back to version {}, which was live before", live.version)))
        }
        (None, Some(_)) => {
            close(client, &job.function).await.map_err(failed)?;
            Ok(Some("taken down again: nothing was live before".to_owned()))
        }
        _ => Ok(None),
    }
}

/// Takes down a function's URL and alias, where they are.
pub(crate) async fn close(client: &Client, function: &str) -> Result<(), LambdaError> {
    let url = client
        .delete_function_url_config()
        .function_name(function)
        .qualifier(ALIAS)
        .send()
        .await
        .map_err(LambdaError::from_sdk("take down the function's URL"));
    let alias = match url {
        Err(error) if !error.not_found() => return Err(error),
        _ => client
            .delete_alias()
            .function_name(function)
            .name(ALIAS)
            .send()
            .await
            .map_err(LambdaError::from_sdk("remove the alias")),
    };
    match alias {
        Err(error) if !error.not_found() => Err(error),
        _ => Ok(()),
    }
}
