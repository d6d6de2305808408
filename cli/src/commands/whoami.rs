//! `promptpilot whoami` and `promptpilot orgs`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::Context;
use crate::api::{Client, Me, Membership};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, STRONG};

/// Show who you are to the server
#[derive(Debug, Args)]
pub(crate) struct Whoami {
    #[command(flatten)]
    pub(crate) place: Place,
}

/// List your organizations, the oldest membership first
#[derive(Debug, Args)]
pub(crate) struct Orgs {
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Somebody, as they are shown.
#[derive(Debug, Serialize)]
pub(super) struct Person {
    id: Uuid,
    email: String,
    name: String,
    organizations: Vec<Membership>,
}

impl From<Me> for Person {
    fn from(me: Me) -> Self {
        let organizations = me.organizations.into_iter().map(|of| of.membership).collect();
        Self { id: me.id, email: me.email, name: me.name, organizations }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{STRONG}{}{STRONG:#}  {}", self.name, self.email)?;
        write(&self.organizations, f)
    }
}

#[derive(Debug, Serialize)]
struct Organizations {
    items: Vec<Membership>,
}

impl fmt::Display for Organizations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.items, f)
    }
}

fn write(organizations: &[Membership], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let width = organizations.iter().map(|of| of.slug.len()).max().unwrap_or(0);
    for Membership { slug, name, role, .. } in organizations {
        writeln!(
            f,
            "{STRONG}{slug:width$}{STRONG:#}  {:9}  {FAINT}{name}{FAINT:#}",
            role.as_str()
        )?;
    }
    Ok(())
}

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let me: Me = Client::find(context)?.get(&["me"], &[]).await?;
    context.out.result(&Person::from(me));
    Ok(())
}

pub(crate) async fn orgs(context: &Context) -> Result<(), Failure> {
    let items = Client::find(context)?.all(&["organizations"]).await?;
    context.out.result(&Organizations { items });
    Ok(())
}
