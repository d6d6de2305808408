//! `promptpilot budget`: what the organization may spend in a period.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptpilot_spec::units::Money;
use serde::Serialize;

use super::Context;
use super::members::organization;
use crate::api::{Budget, BudgetState, Client};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};
use crate::text::clock;

/// Show and set what the organization may spend in a period, by all of its endpoints and prompts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot budget show
  promptpilot budget set '100 USD/month' --soft 0.8
  promptpilot budget set '5 USD/day' --tell-only   # refuses nobody
  promptpilot budget remove")]
pub(crate) struct Budgets {
    #[command(subcommand)]
    what: What,
}

impl Budgets {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let (What::Show { place } | What::Set { place, .. } | What::Remove { place }) = &self.what;
        place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show it, and what is spent of it
    Show {
        #[command(flatten)]
        place: Place,
    },
    /// Set it; what was spent in this period since there was one counts
    Set {
        /// How much in which period, such as '100 USD/month'; periods are the calendar's, in UTC
        #[arg(value_name = "AMOUNT")]
        limit: Money,
        /// Tell once in each period that this share of it is spent, such as 0.8
        #[arg(long, value_name = "SHARE")]
        soft: Option<f64>,
        /// Refuse nobody, and only tell: at the share of `--soft`, or when all of it is spent
        #[arg(long)]
        tell_only: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Let the organization spend what it likes
    Remove {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(BudgetState);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Budget { limit, soft, hard }) = &self.0.budget else {
            return writeln!(f, "no budget: the organization may spend what it likes");
        };
        let spent = self.0.spent_usd.as_deref().unwrap_or("0");
        write!(f, "{STRONG}{limit}{STRONG:#}: {spent} USD spent")?;
        if let Some(resets) = self.0.resets {
            write!(f, ", anew at {} UTC", clock(resets))?;
        }
        let beyond = if *hard { "calls beyond it are refused" } else { "it refuses nobody" };
        match soft {
            Some(share) => {
                let percent = (share * 1000.0).round() / 10.0;
                writeln!(f, "\ntells at {percent} % of it; {beyond}")
            }
            None if *hard => writeln!(f, "\n{beyond}"),
            None => writeln!(f, "\ntells when it is spent; {beyond}"),
        }
    }
}

#[derive(Debug, Serialize)]
struct Removed {
    removed: bool,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}removed{GOOD:#} the budget: the organization may spend what it likes")
    }
}

pub(crate) async fn run(context: &Context, args: Budgets) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let org = organization(context, &client).await?;
    let path = ["organizations", &org, "budget"];
    let state: BudgetState = match args.what {
        What::Show { .. } => client.get(&path, &[]).await?,
        What::Set { limit, soft, tell_only, .. } => {
            client.put(&path, &Budget { limit, soft, hard: !tell_only }).await?
        }
        What::Remove { .. } => {
            client.delete::<()>(&path).await?;
            context.out.result(&Removed { removed: true });
            return Ok(());
        }
    };
    let is_held = state.holds_endpoints || state.budget.is_none();
    context.out.result(&Shown(state));
    if !is_held && !context.out.is_json() {
        note("Deployed endpoints are not held to it: they have no state store to ask.");
    }
    Ok(())
}
