//! The figures we promise, measured in one run beside bare counterparts. `make bench` builds all in
//! the release profile and starts this. Parts may be named: `bench calls starts`. One has to be, since it
//! takes programs that others wrote: `overhead`, which `make bench-overhead` starts. So has `api`, which `make
//! bench-api` starts, since it fills a database.

mod api;
mod beside;
mod calls;
mod deploys;
mod figures;
mod functions;
mod load;
mod memory;
mod overhead;
mod starts;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use promptpilot_tests::Pilot;

use self::table::Table;

#[tokio::main]
#[allow(clippy::print_stderr)] // why it ended goes where errors go
async fn main() -> ExitCode {
    match measure().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<()> {
    // The disk is waited for, as it is for people.
    let on_disk = [("PROMPTPILOT_POSTGRES_FSYNC", "on")];
    let mut pilot = Pilot::start_with(&[&on_disk[..], &functions::KEYS].concat()).await?;
    let mut table = Table::default();
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wanted("deploys") {
        deploys::measure(&pilot, &mut table).await?;
    }
    if wanted("functions") {
        functions::measure(&pilot, &mut table).await?;
    }
    if wanted("calls") {
        calls::measure(&pilot, &mut table).await?;
    }
    if wanted("starts") {
        starts::measure(&mut pilot, &mut table).await?;
    }
    if named.iter().any(|name| name == "overhead") {
        overhead::measure(&pilot, &mut table).await?;
    }
    if named.iter().any(|name| name == "api") {
        api::measure(&pilot, &mut table).await?;
    }
    pilot.stop().await?;
    table.verdict()
}
