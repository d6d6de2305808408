//! Waiting until the target has finished what it began.

use std::time::Duration;

use aws_sdk_lambda::{
    Client,
    operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration,
    types::{LastUpdateStatus, State},
};
use tokio::time::Instant;

use super::LambdaError;

/// The longest that a change may take to settle.
const DEADLINE: Duration = Duration::from_secs(90);

/// Waits that begin at a few milliseconds, since a change on this machine settles at once, and
/// grow to what is polite to a cloud.
#[derive(Debug)]
pub(crate) struct Waits {
    next: Duration,
    until: Instant,
}

impl Waits {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self { next: Duration::from_millis(3), until: Instant::now() + deadline }
    }

    /// Waits a little longer than the last time; `false` once the deadline has passed.
    pub(crate) async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(Duration::from_millis(300));
        true
    }
}

/// The configuration of a function or of one of its versions.
pub(crate) async fn configuration(
    client: &Client,
    function: &str,
    version: Option<&str>,
) -> Result<Configuration, LambdaError> {
    client
        .get_function_configuration()
        .function_name(function)
        .set_qualifier(version.map(ToOwned::to_owned))
        .send()
        .await
        .map_err(LambdaError::from_sdk("read the function's settings"))
}

/// Waits until a function, or one of its versions, is active and no change is under way.
pub(crate) async fn settled(
    client: &Client,
    function: &str,
    version: Option<&str>,
) -> Result<Configuration, LambdaError> {
    const ATTEMPTED: &str = "wait for the function to be ready";
    let mut waits = Waits::new(DEADLINE);
    loop {
        let now = configuration(client, function, version).await?;
        let reason = || {
            let reason = now.last_update_status_reason().or(now.state_reason());
            reason.unwrap_or("no reason was given").to_owned()
        };
        match (now.state(), now.last_update_status()) {
            (Some(State::Failed), _) | (_, Some(LastUpdateStatus::Failed)) => {
                return Err(LambdaError::unexpected(ATTEMPTED, reason()));
            }
            (Some(State::Pending), _) | (_, Some(LastUpdateStatus::InProgress)) => {}
            _ => return Ok(now),
        }
        if !waits.wait().await {
            return Err(LambdaError::unexpected(ATTEMPTED, "it did not settle in time"));
        }
    }
}
