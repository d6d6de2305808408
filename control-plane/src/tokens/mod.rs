//! Access tokens of people, for command lines and CI, and command lines that ask for one.

mod logins;
pub mod model;
pub(crate) mod routes;
mod store;

use promptpilot_spec::key::{self, RANDOM};

pub(crate) use self::store::end_all_of;
use crate::http::Problem;

/// What tokens begin with, so that scanners of leaked secrets know them.
const PREFIX: &str = "pp_pat_";

fn random() -> Result<String, Problem> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal("make a token", &error))?;
    Ok(key::write_as(PREFIX, &bytes))
}
