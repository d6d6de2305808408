//! Variables of an environment: plain values that all of its functions find in their own environment.
//! Nothing of ours reads them, and templates have request fields alone; they are for what runs beside a
//! function, such as an extension of Lambda's.

pub mod model;
pub(crate) mod routes;
pub(crate) mod store;

use axum::http::StatusCode;

use self::model::{ChangedVariables, VariableChanges};
use super::{missing, store as environments};
use crate::{
    deploy::release::renew,
    http::{Context, Page, Problem},
};

/// The most that names and values of an environment have together, in bytes: half of what Lambda leaves
/// for all that a function is given.
const MOST: i64 = 2048;

/// The longest name.
const LONGEST: usize = 64;

/// What such names begin with is said by others: by us, by Lambda, and by the loader of programs.
const OTHERS: [&str; 4] = ["PROMPTPILOT_", "AWS_", "LAMBDA_", "LD_"];

/// Changes variables all at once. What is live in the environment is published once more.
async fn change(
    context: &Context,
    environment: &str,
    changes: VariableChanges,
) -> Result<ChangedVariables, Problem> {
    for (name, value) in &changes.variables {
        check(name, value.as_deref())?;
    }
    let mut db = context.begin().await?;
    // Held: two that change at once would not see what they come to together.
    let id = environments::hold(&mut db, environment).await?.ok_or_else(|| missing(environment))?;
    for (name, value) in &changes.variables {
        match value {
            Some(value) => store::set(&mut db, context.organization, id, name, value).await?,
            None if store::remove(&mut db, id, name).await? => {}
            None => return Err(Problem::not_found("variable", name)),
        }
    }
    let size = store::size(&mut db, id).await?;
    if size > MOST {
        let detail = format!("names and values have {size} bytes together, and may have {MOST}");
        return Err(invalid(detail));
    }
    let by = Some(context.user);
    let deployments = renew::queue(&mut db, context.organization, by, true).await?;
    let items = store::list(&mut db, id).await?;
    db.commit().await?;
    Ok(ChangedVariables { items, deployments })
}

async fn list(context: &Context, environment: &str) -> Result<Page<model::Variable>, Problem> {
    let mut db = context.read().await?;
    let id = super::find(&mut db, environment).await?;
    Ok(Page { items: store::list(&mut db, id).await?, next: None })
}

fn check(name: &str, value: Option<&str>) -> Result<(), Problem> {
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let detail = if !begins || !fits || !(2..=LONGEST).contains(&name.len()) {
        format!("`{name}` is no name: a letter, then 1 to {} letters, digits or `_`", LONGEST - 1)
    } else if let Some(others) = OTHERS.iter().find(|others| name.starts_with(*others)) {
        format!("`{name}` is not free: names with `{others}` are given by others")
    } else if value.is_some_and(|value| value.contains(char::is_control)) {
        format!("the value of `{name}` has a character that cannot be seen")
    } else {
        return Ok(());
    };
    Err(invalid(detail))
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "variable-invalid", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_that_nobody_else_gives() {
        for name in ["REGION", "log_level", "A1", "AWSOME"] {
            assert!(check(name, Some("")).is_ok(), "{name}");
        }
        let long = "A".repeat(65);
        for name in
            ["", "A", "1A", "_A", "A-B", "Ä1", &long, "AWS_REGION", "PROMPTPILOT_X", "LD_PRELOAD"]
        {
            assert!(check(name, None).is_err(), "{name}");
        }
        assert!(check("REGION", Some("a\nb")).is_err());
    }
}
