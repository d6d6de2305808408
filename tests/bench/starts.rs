//! Starting everything again.

use anyhow::Result;
use promptpilot_tests::Pilot;

use crate::table::{Table, median, seconds};

pub(crate) async fn measure(pilot: &mut Pilot, table: &mut Table) -> Result<()> {
    let mut figures = Vec::new();
    for _ in 0..5 {
        pilot.stop().await?;
        figures.push(seconds(async { pilot.up().await }).await?);
    }
    table.at_most("`promptpilot up`, second time", "s", median(figures), 3.0);
    Ok(())
}
