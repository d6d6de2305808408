//! Passwords: Argon2id, a few at a time, since each takes 19 MiB and a core for some milliseconds.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use axum::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::{http::Problem, secret::Secret};

/// What Argon2 fills: kept for the next password, since allocators do not take it back well.
type Memory = Vec<Block>;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Those who wait at most. More would wait longer than is bearable.
const IN_LINE: usize = 64;

static PLACES: Semaphore = Semaphore::const_new(IN_LINE);

/// A place in the line.
#[derive(Debug)]
pub(super) struct Place {
    _permit: SemaphorePermit<'static>,
}

/// Gets in line, before anything else is done for whoever asks: who is sent away costs nothing.
pub(super) fn get_in_line() -> Result<Place, Problem> {
    let permit = PLACES.try_acquire().map_err(|_| busy())?;
    Ok(Place { _permit: permit })
}

/// Threads of their own, so that requests of others have a core left.
static LINE: LazyLock<Sender<Work>> = LazyLock::new(|| {
    let (line, next) = channel::<Work>();
    let next = Arc::new(Mutex::new(next));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for _ in 0..(cores / 2).max(1) {
        let next = Arc::clone(&next);
        thread::spawn(move || {
            let mut memory = Memory::new();
            loop {
                let work = next.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(work) = work else { return };
                // Whoever waits for it is told by the end of its channel.
                catch_unwind(AssertUnwindSafe(|| work(&mut memory))).ok();
            }
        });
    }
    line
});

/// What the password of nobody is held against, so that it takes as long.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| written(&mut Memory::new(), b"", &[0; 16]).unwrap_or_default());

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
pub(super) async fn hash(_: &Place, password: Secret) -> Result<String, Problem> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| failed(&error))?;
    let work = move |memory: &mut Memory| written(memory, password.expose().as_bytes(), &salt);
    in_turn(work).await?.map_err(|error| failed(&error))
}

/// Whether a password is the one of a hash. Without a hash it takes as long, and the answer is no:
/// how long an answer takes tells nobody which addresses are known.
pub(super) async fn fits(
    _: &Place,
    password: Secret,
    hash: Option<String>,
) -> Result<bool, Problem> {
    let known = hash.is_some();
    let fits = in_turn(move |memory| {
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        is_of(memory, password.expose().as_bytes(), &hash).unwrap_or(false)
    })
    .await?;
    Ok(known && fits)
}

fn written(memory: &mut Memory, password: &[u8], salt: &[u8]) -> Result<String, Error> {
    let params = Params::default();
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(output(memory, params, password, salt)?),
    };
    Ok(hash.to_string())
}

/// Whether a hash is this password's. Outputs are compared in constant time.
fn is_of(memory: &mut Memory, password: &[u8], hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash)?;
    let salt = hash.salt.ok_or(Error::SaltInvalid)?;
    let found = output(memory, Params::try_from(&hash)?, password, &salt)?;
    Ok(hash.hash == Some(found))
}

fn output(
    memory: &mut Memory,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> Result<Output, Error> {
    memory.resize(params.block_count(), Block::default());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        password,
        salt,
        &mut output,
        memory,
    )?;
    Ok(Output::new(&output)?)
}

/// Works as soon as it is this one's turn, unless nobody waits for it any more.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce(&mut Memory) -> T + Send + 'static,
) -> Result<T, Problem> {
    let (done, answer) = oneshot::channel();
    let work = move |memory: &mut Memory| {
        if !done.is_closed() {
            done.send(work(memory)).ok();
        }
    };
    LINE.send(Box::new(work)).map_err(|error| failed(&error))?;
    answer.await.map_err(|error| failed(&error))
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::internal("work on a password", error)
}

fn busy() -> Problem {
    let detail = "too many people sign in at this moment; try again";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "sign-in-throttled", detail).retry_after(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn who_would_wait_too_long_is_sent_away_at_once() {
        let places: Vec<Place> = (0..IN_LINE).map(|_| get_in_line().unwrap()).collect();
        get_in_line().unwrap_err();
        drop(places);
        get_in_line().unwrap();
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_nobodys_none() {
        let place = get_in_line().unwrap();
        let hash = hash(&place, Secret::from("correct horse battery")).await.unwrap();
        let fits =
            async |password: &str, hash| fits(&place, Secret::from(password), hash).await.unwrap();
        assert!(fits("correct horse battery", Some(hash.clone())).await);
        assert!(!fits("correct horse", Some(hash)).await);
        assert!(!fits("", None).await);
    }
}
