//! Reads one deployment's log to its end. A connection that breaks is taken up where it broke, so
//! a server that is restarted meanwhile costs nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::board::Board;
use crate::api::{ApiError, Client, Deployment, LogLine, StatusEvent};

/// How long a server may be away.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(250);

/// Shows what happens to a deployment until nothing more will.
pub(crate) async fn to_the_end(
    client: &Client,
    board: &Board,
    id: Uuid,
    endpoint: &str,
) -> Result<Deployment, ApiError> {
    let id = id.to_string();
    let line = board.line(endpoint);
    let mut last = None;
    let mut heard = Instant::now();
    loop {
        let error = match listen(client, &id, &line, &mut last, &mut heard).await {
            Ok(()) => match client.get::<Deployment>(&["deployments", &id], &[]).await {
                Ok(deployment) if deployment.status.is_final() => return Ok(deployment),
                Ok(_) => None,
                Err(error) => Some(error),
            },
            Err(error) => Some(error),
        };
        if let Some(error) = error
            && (error.problem().is_some() || heard.elapsed() > PATIENCE)
        {
            return Err(error);
        }
        sleep(PAUSE).await;
    }
}

/// One connection, from the event after `last` on.
async fn listen(
    client: &Client,
    id: &str,
    line: &super::board::Line<'_>,
    last: &mut Option<String>,
    heard: &mut Instant,
) -> Result<(), ApiError> {
    let mut events = client.events(&["deployments", id, "logs"], &[], last.as_deref()).await?;
    while let Some(event) = events.next().await? {
        *heard = Instant::now();
        let understand = |source| ApiError::Answer { what: "an event".to_owned(), source };
        match event.event.as_str() {
            "log" => {
                let entry: LogLine = serde_json::from_str(&event.data).map_err(understand)?;
                line.log(&entry);
                *last = Some(event.id);
            }
            "status" => {
                let now: StatusEvent = serde_json::from_str(&event.data).map_err(understand)?;
                line.status(now.status);
            }
            _ => {}
        }
    }
    Ok(())
}
