//! What the API promises of an organization that has grown: reads, checks, doors for programs, events,
//! sign-ins under attack, records taken in, and searches. Beside it stand a bare echo and a bare proxy.

mod attack;
mod calls;
mod doors;
mod events;
mod fill;
mod ingest;
mod reads;
mod separation;
mod server;

use std::time::Duration;

use anyhow::Result;
use promptpilot_tests::Pilot;

use self::server::Server;
use crate::figures::Figures;
use crate::load::{Target, load};
use crate::table::Table;

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    let server = Server::of(pilot)?;
    fill::prompts(pilot).await?;
    reads::measure(pilot, &server, table).await?;
    doors::measure(pilot, &server, table).await?;
    events::measure(&server, table).await?;
    attack::measure(&server, table).await?;
    pilot.example("summarize")?;
    pilot.deploy(&["summarize"]).await?;
    // Searched before more is taken in: what comes would all be of this hour and of one organization.
    calls::measure(pilot, &server, table).await?;
    ingest::measure(pilot, &server, table).await
}

/// One client's turn at a target. The first round warms, and is not counted.
async fn turn(
    figures: &mut Figures,
    target: &Target,
    window: Duration,
    round: usize,
) -> Result<()> {
    let measured = load(target, 1, window).await?;
    if round > 0 {
        figures.add(measured);
    }
    Ok(())
}
