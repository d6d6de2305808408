//! Recovery codes: for who has lost their authenticator. Each is good once; only hashes are kept.

use promptpilot_spec::key;
use sqlx::PgConnection;
use totp_rs::Secret;
use uuid::Uuid;

use super::store;
use crate::http::Problem;

/// How many there are.
const COUNT: usize = 10;

/// 80 bits: no number of guesses finds one, and nobody finds one that has its hash.
const BYTES: usize = 10;

/// How many characters these are in base32.
const LENGTH: usize = 16;

/// Makes new ones in the old ones' place.
pub(super) async fn renew(db: &mut PgConnection, user: Uuid) -> Result<Vec<String>, Problem> {
    let mut codes = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        codes.push(random().map_err(|error| Problem::internal("make a code", &error))?);
    }
    let hashes: Vec<String> = codes.iter().map(|code| key::hash(code)).collect();
    store::set_recovery_codes(db, user, &hashes).await?;
    Ok(codes.iter().map(|code| written(code)).collect())
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::from(bytes.as_slice()).to_base32())
}

/// As people read it off a sheet.
fn written(code: &str) -> String {
    let code = code.to_lowercase();
    let parts: Vec<&str> =
        code.as_bytes().chunks(4).filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join("-")
}

/// What somebody typed, if it may be a recovery code: in any case, with or without what separates.
pub(super) fn read(typed: &str) -> Option<String> {
    let separates = |c: char| c == '-' || c.is_whitespace();
    let code: String = typed.chars().filter(|c| !separates(*c)).collect();
    let fits = code.len() == LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| code.to_ascii_uppercase())
}

/// Takes a code; whether it was there.
pub(super) async fn take(db: &mut PgConnection, code: &str) -> sqlx::Result<bool> {
    store::use_recovery_code(db, &key::hash(code)).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written_and_as_people_type_it() {
        let code = random().unwrap();
        let shown = written(&code);
        assert_eq!(shown.len(), 19);
        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', " ")] {
            assert_eq!(read(&typed).as_ref(), Some(&code), "{typed}");
        }
        for other in ["123456", "123 456", "", "abcd-efgh-ijkl-mno", "äbcd-efgh-ijkl-mno"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
