//! Command lines without a browser of their own: each shows a code, and somebody who is signed in
//! elsewhere approves it. The token that it waits with opens nothing until then.

use axum::{Json, extract::State, http::StatusCode, response::NoContent};
use promptpilot_spec::key;
use time::{Duration, OffsetDateTime};

use super::{
    model::{Login, NewLogin, PendingLogin},
    random,
    routes::check_name,
    store::{self, Pending},
};
use crate::{
    http::{
        Context, Problem,
        address::{Address, Site},
        body::Body,
        extract::Path,
    },
    people::Caller,
    plane::ControlPlane,
};

/// How long somebody may take to approve.
const LIFETIME: Duration = Duration::minutes(10);

/// Letters that are not taken for one another, and spell no words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

pub(super) async fn begin(
    State(plane): State<ControlPlane>,
    Address(address): Address,
    site: Site,
    Body(new): Body<NewLogin>,
) -> Result<(StatusCode, Json<Login>), Problem> {
    plane.throttle().count_address(address)?;
    check_name(&new.name)?;
    let (code, token) = (random_code()?, random()?);
    let pending = Pending {
        code: &code,
        hash: &key::hash(&token),
        shown: key::shown(&token),
        name: &new.name,
        address: address.map(|address| address.to_string()),
        expires: OffsetDateTime::now_utc() + LIFETIME,
    };
    let expires = pending.expires;
    let mut db = plane.database().unbound().await?;
    store::begin_login(&mut db, pending).await?;
    let code = format!("{}-{}", &code[..4], &code[4..]);
    let url = site.page(&format!("/device?code={code}"));
    Ok((StatusCode::CREATED, Json(Login { token, code, url, expires })))
}

fn random_code() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal("make a code", &error))?;
    let mut random = u128::from_le_bytes(bytes);
    let mut letter = || {
        let letter = LETTERS[(random % 20) as usize];
        random /= 20;
        char::from(letter)
    };
    Ok(std::iter::repeat_with(&mut letter).take(8).collect())
}

/// A code as it is kept, however it was typed.
fn kept(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}

fn not_found(code: &str) -> Problem {
    Problem::not_found("login", code).hint("codes are good for 10 minutes; begin again")
}

pub(super) async fn show(
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<PendingLogin>, Problem> {
    let mut db = caller.read().await?;
    let found = store::pending_login(&mut db, &kept(&code)).await?;
    found.map(Json).ok_or_else(|| not_found(&code))
}

pub(super) async fn approve(
    context: Context,
    Path(code): Path<String>,
) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    if !store::approve_login(&mut db, &kept(&code), context.organization, context.user).await? {
        return Err(not_found(&code));
    }
    db.commit().await?;
    Ok(NoContent)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = random_code().unwrap();
        assert_eq!(code.len(), 8);
        assert!(code.bytes().all(|letter| LETTERS.contains(&letter)));
        assert_eq!(kept("bcdf-Ghjk "), "BCDFGHJK");
    }
}
