//! What the API promises of an organization that has grown: reads, checks, doors for programs, events,
//! sign-ins under attack, records taken in, and searches. Beside it stand a bare echo and a bare proxy.

mod attack;
mod calls;
mod doors;
mod events;
mod fill;
mod ingest;
mod reads;
mod server;

use anyhow::Result;
use promptpilot_tests::Pilot;

use self::server::Server;
use crate::table::Table;

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    let server = Server::of(pilot)?;
    fill::prompts(pilot).await?;
    reads::measure(pilot, &server, table).await?;
    doors::measure(pilot, &server, table).await?;
    events::measure(&server, table).await?;
    attack::measure(&server, table).await?;
    ingest::measure(pilot, &server, table).await?;
    calls::measure(pilot, &server, table).await
}
