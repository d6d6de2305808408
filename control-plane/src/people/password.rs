//! Passwords: Argon2id, a few at a time, since each takes 19 MiB and a core for some milliseconds.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::{http::Problem, secret::Secret};

/// Hashes at once: requests of others have a core left.
static AT_ONCE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new((cores / 2).max(1)))
});

/// Those who wait, and those whose turn it is. More would wait longer than is bearable.
static IN_LINE: Semaphore = Semaphore::const_new(64);

/// What the password of nobody is held against, so that it takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(b"");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

/// Shorter passwords are refused.
const LEAST: usize = 10;

/// Longer ones would be work for nothing.
const MOST: usize = 200;

/// Whether a password may be chosen.
pub(super) fn check(password: &str, email: &str) -> Result<(), Problem> {
    let length = password.chars().count();
    let detail = if length < LEAST {
        format!("a password has at least {LEAST} characters")
    } else if length > MOST {
        format!("a password has at most {MOST} characters")
    } else if password.eq_ignore_ascii_case(email) {
        "a password is not one's address".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "password-invalid", detail))
}

/// The hash of a password, as a PHC string.
pub(super) async fn hash(password: Secret) -> Result<String, Problem> {
    let hashed = in_turn(move || {
        let hash: PasswordHash = Argon2::default().hash_password(password.expose().as_bytes())?;
        Ok(hash.to_string())
    })
    .await?;
    hashed.map_err(|error: argon2::password_hash::Error| failed(&error))
}

/// Whether a password is the one of a hash. Without a hash it takes as long, and the answer is no:
/// how long an answer takes tells nobody which addresses are known.
pub(super) async fn fits(password: Secret, hash: Option<String>) -> Result<bool, Problem> {
    let known = hash.is_some();
    let fits = in_turn(move || {
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        Argon2::default().verify_password(password.expose().as_bytes(), &*hash).is_ok()
    })
    .await?;
    Ok(known && fits)
}

/// Works on a thread of its own as soon as it is this one's turn.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _place = IN_LINE.try_acquire().map_err(|_| busy())?;
    let turn = Arc::clone(&AT_ONCE).acquire_owned().await.map_err(|error| failed(&error))?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.map_err(|error| failed(&error))
}

fn busy() -> Problem {
    let detail = "too many people sign in at this moment; try again";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "sign-in-throttled", detail).retry_after(1)
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::internal("work on a password", error)
}
