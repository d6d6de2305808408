//! Waiting for a condition with a deadline.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Asks again and again until the answer is there; says what it waited for if it never is.
///
/// # Errors
/// After 30 seconds.
pub async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    eventually_within(Duration::from_secs(30), what, ask).await
}

/// [`eventually`] with another deadline.
///
/// # Errors
/// After `limit`.
pub async fn eventually_within<T>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain: {what}", limit.as_secs());
        }
        sleep(Duration::from_millis(20)).await;
    }
}
