//! Another name for a prompt. What belongs to it goes by its id and stays with it. Who says its name, in a
//! definition or in a program, says one that leads nowhere from then on: so they are told of first.

use sqlx::PgConnection;

use super::{
    content::check_name,
    model::StoredPrompt,
    save::{found, list, taken},
    store, uses,
};
use crate::http::Problem;

/// Renames a prompt whose row is held. One that is in use is renamed only if that is wanted all the same.
pub(super) async fn rename(
    db: &mut PgConnection,
    prompt: &StoredPrompt,
    to: &str,
    force: bool,
) -> Result<StoredPrompt, Problem> {
    check_name(to)?;
    if prompt.name != to {
        if store::id(db, to).await?.is_some() {
            return Err(taken(to).hint("choose another name"));
        }
        if !force {
            check_unused(db, prompt).await?;
        }
        // Whoever took the name since is not seen above.
        if !store::rename(db, prompt.id, to).await? {
            return Err(taken(to).hint("choose another name"));
        }
    }
    found(db, to).await
}

/// Refuses what endpoints refer to, and what API keys were made for: programs that have these name it.
async fn check_unused(db: &mut PgConnection, prompt: &StoredPrompt) -> Result<(), Problem> {
    let StoredPrompt { id, name, used_by: endpoints, .. } = prompt;
    let keys = uses::store::keys(db, *id).await?;
    let users: Vec<String> = [("endpoint", endpoints), ("API key", &keys)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| {
            let plural = if names.len() == 1 { "" } else { "s" };
            format!("{word}{plural} {}", list(names))
        })
        .collect();
    if users.is_empty() {
        return Ok(());
    }
    let detail = format!("`{name}` is in use, by {}", users.join(" and by "));
    Err(Problem::conflict("prompt-in-use", detail)
        .hint("what is live keeps its text; to rename it all the same, add `?force=true`")
        .with("endpoints", endpoints)
        .with("keys", keys))
}
