//! What functions wrote goes from the host's files into the database. A line is let go of only
//! when it is saved, so neither's end loses one.

use std::time::Duration;

use local_lambda::{Line, Subscriber};
use promptpilot_control_plane::{ControlPlane, EnvelopeLine};
use tokio::time::sleep;

/// The cursor's name in the host's files.
pub(super) const CURSOR: &str = "calls";

/// The pause before saving is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// How long lines are gathered before they are saved together: calls that come one after the other
/// are not slowed by each other's records.
const GATHER: Duration = Duration::from_millis(100);

/// Pumps until it is dropped.
pub(super) async fn run(mut output: Subscriber, plane: ControlPlane) {
    loop {
        let lines = match output.next().await {
            Ok(lines) => lines,
            Err(error) => {
                tracing::warn!(%error, "could not read the functions' output");
                sleep(PAUSE).await;
                continue;
            }
        };
        let lines: Vec<EnvelopeLine> = lines.into_iter().map(envelope).collect();
        while let Err(error) = plane.ingest(&lines).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not save call records, trying again"
            );
            sleep(PAUSE).await;
        }
        if let Err(error) = output.commit() {
            tracing::warn!(%error, "could not remember how far the functions' output was read");
        }
        sleep(GATHER).await;
    }
}

fn envelope(line: Line) -> EnvelopeLine {
    EnvelopeLine { function: line.function, version: line.version, text: line.text }
}
