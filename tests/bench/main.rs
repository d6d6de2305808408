//! The figures we promise, measured in one run beside bare counterparts. `make bench` builds all in
//! the release profile and starts this.

mod calls;
mod deploys;
mod functions;
mod starts;
mod table;

use anyhow::Result;
use promptpilot_tests::Pilot;

use self::table::Table;

#[tokio::main]
async fn main() -> Result<()> {
    // The disk is waited for, as it is for people.
    let mut pilot = Pilot::start_with(&[("PROMPTPILOT_POSTGRES_FSYNC", "on")]).await?;
    let mut table = Table::default();
    deploys::measure(&pilot, &mut table).await?;
    functions::measure(&pilot, &mut table).await?;
    calls::measure(&pilot, &mut table).await?;
    starts::measure(&mut pilot, &mut table).await?;
    pilot.stop().await?;
    table.print()
}
