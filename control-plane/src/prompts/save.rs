//! Saving: a content that says anything else is a new version, one that says the same is none.

use axum::http::StatusCode;
use sqlx::PgConnection;

use super::{
    content::{self, Written, check_about, check_name, tidy},
    model::{NewPrompt, PromptChange, PromptRollback, StoredPrompt},
    store::{self, Held, NewRow},
    versions::store::{self as versions, NewVersion},
};
use crate::http::{Context, Problem, revision::Seen};

/// The prompt of a name, or the problem that there is none.
pub(super) async fn found(db: &mut PgConnection, name: &str) -> Result<StoredPrompt, Problem> {
    store::get(db, name).await?.ok_or_else(|| missing(name))
}

/// There is no such prompt.
pub(super) fn missing(name: &str) -> Problem {
    Problem::not_found("prompt", name)
}

/// Makes a prompt.
pub(super) async fn create(
    context: &Context,
    db: &mut PgConnection,
    new: &NewPrompt,
) -> Result<StoredPrompt, Problem> {
    let written = check_new(new)?;
    if !add(context, db, new, &written).await? {
        return Err(
            taken(&new.name).hint("choose another name, or save it as a new version of that one")
        );
    }
    found(db, &new.name).await
}

/// The name is another prompt's.
pub(super) fn taken(name: &str) -> Problem {
    Problem::conflict("prompt-name-taken", format!("a prompt is called `{name}` already"))
}

/// Everything about a new prompt that can be wrong.
pub(super) fn check_new(new: &NewPrompt) -> Result<Written, Problem> {
    check_name(&new.name)?;
    check_about(Some(&new.description), Some(&new.tags), new.message.as_deref())?;
    content::check(&new.content)
}

/// Adds a checked prompt; false if the name is taken.
pub(super) async fn add(
    context: &Context,
    db: &mut PgConnection,
    new: &NewPrompt,
    written: &Written,
) -> Result<bool, Problem> {
    let row = NewRow {
        organization: context.organization,
        name: &new.name,
        description: &new.description,
        tags: &tidy(&new.tags),
        words: &written.words,
    };
    let Some(prompt) = store::add(db, row).await? else { return Ok(false) };
    let message = new.message.as_deref();
    let version =
        version(context, &Held { id: prompt, version: 0, sha256: String::new() }, written);
    versions::add(db, NewVersion { message, ..version }).await?;
    Ok(true)
}

/// Changes a prompt, if it is still as the caller saw it.
pub(super) async fn change(
    context: &Context,
    db: &mut PgConnection,
    seen: &Seen,
    name: &str,
    change: &PromptChange,
) -> Result<StoredPrompt, Problem> {
    let held = store::hold(db, name).await?.ok_or_else(|| missing(name))?;
    check_seen(db, seen, name).await?;
    let tags = change.tags.as_deref().map(tidy);
    check_about(change.description.as_deref(), tags.as_deref(), change.message.as_deref())?;
    store::change_about(db, held.id, change.description.as_deref(), tags.as_deref()).await?;
    if let Some(content) = &change.content {
        let written = content::check(content)?;
        save(context, db, &held, &written, change.message.as_deref()).await?;
    }
    found(db, name).await
}

/// Makes a prompt that is there into what another installation has; whether that changed anything.
pub(super) async fn overwrite(
    context: &Context,
    db: &mut PgConnection,
    new: &NewPrompt,
    written: &Written,
) -> Result<bool, Problem> {
    let held = store::hold(db, &new.name).await?.ok_or_else(|| missing(&new.name))?;
    let (description, tags) = (Some(new.description.as_str()), tidy(&new.tags));
    let about = store::change_about(db, held.id, description, Some(&tags)).await?;
    let saved = save(context, db, &held, written, new.message.as_deref()).await?;
    Ok(about || saved)
}

/// Saves a checked content as a new version, if it says anything else than the newest; whether it did.
pub(super) async fn save(
    context: &Context,
    db: &mut PgConnection,
    held: &Held,
    written: &Written,
    message: Option<&str>,
) -> Result<bool, Problem> {
    if written.sha256 == held.sha256 {
        return Ok(false);
    }
    let version = version(context, held, written);
    versions::add(db, NewVersion { message, ..version }).await?;
    Ok(true)
}

fn version<'a>(context: &Context, held: &Held, written: &'a Written) -> NewVersion<'a> {
    NewVersion {
        organization: context.organization,
        prompt: held.id,
        number: held.version + 1,
        content: &written.json,
        sha256: &written.sha256,
        words: &written.words,
        variables: &written.variables,
        by: context.user,
        message: None,
        back_to: None,
    }
}

/// A new version that says what an earlier one did.
pub(super) async fn roll_back(
    context: &Context,
    db: &mut PgConnection,
    seen: &Seen,
    name: &str,
    wanted: &PromptRollback,
) -> Result<StoredPrompt, Problem> {
    let held = store::hold(db, name).await?.ok_or_else(|| missing(name))?;
    check_seen(db, seen, name).await?;
    check_about(None, None, wanted.message.as_deref())?;
    let number = match wanted.version {
        Some(number) => number,
        None if held.version > 1 => held.version - 1,
        None => {
            let detail = format!("`{name}` has one version only");
            return Err(Problem::conflict("nothing-to-roll-back-to", detail));
        }
    };
    let old = versions::get(db, name, number).await?;
    let old = old.ok_or_else(|| Problem::not_found("version", number))?;
    if old.sha256 == held.sha256 {
        let detail = format!("the newest version of `{name}` says the same as version {number}");
        return Err(Problem::conflict("already-newest", detail));
    }
    let written = content::check(&old.content.unwrap_or_default())?;
    let version = version(context, &held, &written);
    let message = wanted.message.as_deref();
    versions::add(db, NewVersion { message, back_to: Some(number), ..version }).await?;
    found(db, name).await
}

/// Deletes a prompt. One that endpoints use is deleted only if that is wanted all the same.
pub(super) async fn delete(
    db: &mut PgConnection,
    seen: &Seen,
    name: &str,
    force: bool,
) -> Result<StoredPrompt, Problem> {
    let held = store::hold(db, name).await?.ok_or_else(|| missing(name))?;
    check_seen(db, seen, name).await?;
    let mut prompt = found(db, name).await?;
    if !force && !prompt.used_by.is_empty() {
        let detail = format!("`{name}` is used by {}", list(&prompt.used_by));
        return Err(Problem::conflict("prompt-in-use", detail)
            .hint("what is live keeps its text; to delete it all the same, add `?force=true`")
            .with("endpoints", &prompt.used_by));
    }
    store::delete(db, held.id).await?;
    prompt.content = None;
    Ok(prompt)
}

/// Brings a deleted prompt back.
pub(super) async fn restore(db: &mut PgConnection, name: &str) -> Result<StoredPrompt, Problem> {
    if !store::restore(db, name).await? {
        return Err(match store::id(db, name).await? {
            Some(_) => Problem::conflict(
                "prompt-name-taken",
                format!("a prompt is called `{name}`, so no deleted one of that name comes back"),
            ),
            None => missing(name),
        });
    }
    found(db, name).await
}

/// `a`, `b` and 3 more.
pub(super) fn list(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// Refuses an edit of what has changed since, with what is there now, and what the caller had seen.
async fn check_seen(db: &mut PgConnection, seen: &Seen, name: &str) -> Result<(), Problem> {
    if !seen.is_given() {
        return Ok(());
    }
    let now = found(db, name).await?;
    let Err(stale) = seen.check(&now.revision(), &now) else { return Ok(()) };
    debug_assert_eq!(stale.status(), StatusCode::PRECONDITION_FAILED);
    // Revisions begin with the version's number.
    let number = seen.first().and_then(|tag| tag.split('-').next()?.parse().ok());
    let before = match number {
        Some(number) => versions::get(db, name, number).await?,
        None => None,
    };
    Err(stale.with("seen", before))
}
