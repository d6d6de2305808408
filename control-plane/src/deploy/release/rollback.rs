//! Rollback: the alias goes back to a version that served before. No build, no new version. Where that
//! version has credentials or variables that are not those of today, its artifact is published with those of today.

use super::{renew, store};
use crate::{
    deploy::{
        live::point_alias,
        store::{NewDeployment, add_batch, queue},
    },
    endpoints::{
        model::RolledBack,
        routes::{check_revision, endpoint},
    },
    environments,
    http::{Context, Problem, revision::Seen},
};

/// Moves the alias of an endpoint to `version`, or to the newest one below the live one that
/// served.
pub(crate) async fn run(
    context: &Context,
    seen: &Seen,
    name: &str,
    environment_name: &str,
    version: Option<i32>,
) -> Result<RolledBack, Problem> {
    let mut db = context.begin().await?;
    let environment = environments::find(&mut db, environment_name).await?;
    let endpoint = endpoint(&mut db, name).await?;
    store::hold_alias(&mut db, endpoint, environment).await?;
    check_revision(&mut db, seen, environment, name).await?;
    if store::is_busy(&mut db, endpoint, environment).await? {
        return Err(Problem::conflict("deployment-running", format!("`{name}` is being deployed"))
            .hint("wait for it, or cancel it first"));
    }
    let live = store::live(&mut db, endpoint, environment).await?;
    let live = live.ok_or_else(|| {
        Problem::conflict("nothing-live", format!("nothing of `{name}` is live")).hint("deploy it")
    })?;
    if version == Some(live.version) {
        let detail = format!("version {} of `{name}` is live already", live.version);
        return Err(Problem::conflict("already-live", detail));
    }
    let served = store::served(&mut db, endpoint, environment, version, live.version).await?;
    let served = served.ok_or_else(|| never_served(name, version, live.version))?;
    let url = live.url.unwrap_or_default();
    let (organization, by) = (context.organization, Some(context.user));
    let answer = RolledBack {
        endpoint: name.to_owned(),
        from: live.version,
        to: served.version,
        url: url.clone(),
        deployment: None,
    };
    if renew::is_stale(&mut db, organization, environment, served.deployment).await? {
        let new = NewDeployment {
            organization,
            batch: add_batch(&mut db, organization, environment).await?,
            environment,
            endpoint,
            version: served.version,
            by,
            message: Some("rolled back, with the credentials and variables of today"),
            renewal: true,
            promoted: None,
        };
        let deployment = Some(queue(&mut db, new).await?);
        db.commit().await?;
        tracing::info!(endpoint = name, to = served.version, "rolling back by a deployment");
        return Ok(RolledBack { deployment, ..answer });
    }
    point_alias(context.plane.lambda(), &live.function, &served.function_version).await.map_err(
        |error| {
            if error.not_found() {
                let detail = format!("version {} is not at the target any more", served.version);
                Problem::conflict("version-gone", detail).hint("deploy it again")
            } else {
                Problem::internal("move the alias", &error)
            }
        },
    )?;
    store::release(&mut db, organization, served.deployment, "rollback", by, &url).await?;
    db.commit().await?;
    tracing::info!(endpoint = name, from = live.version, to = served.version, "rolled back");
    Ok(answer)
}

fn never_served(name: &str, version: Option<i32>, live: i32) -> Problem {
    let detail = match version {
        Some(version) => format!("version {version} of `{name}` never served, or was swept"),
        None => format!("no version of `{name}` before version {live} has served"),
    };
    Problem::conflict("nothing-to-roll-back-to", detail)
        .hint("see its versions, and deploy the one you want")
}
