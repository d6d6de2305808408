//! `promptpilot members`: who is in the organization.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::Context;
use crate::api::{Client, CreatedInvitation, Me, Member, NewInvitation, Role, RoleChange};
use crate::args::Place;
use crate::error::Failure;
use crate::folder;
use crate::output::note;
use crate::style::{GOOD, STRONG};

/// Show and change who is in the organization
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot members list
  promptpilot members invite --role developer --email al@example.com
  promptpilot members role al@example.com admin
  promptpilot members remove al@example.com")]
pub(crate) struct Members {
    #[command(subcommand)]
    what: What,
}

impl Members {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let (What::List { place }
        | What::Invite { place, .. }
        | What::Role { place, .. }
        | What::Remove { place, .. }) = &self.what;
        place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// List who is in it
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Invite somebody, and print the link, this once
    Invite {
        /// What they will be
        #[arg(long, value_enum, default_value = "developer")]
        role: Word,
        /// Whom it is for; left out, whoever has the link
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Give somebody another role
    Role {
        /// Their address
        #[arg(value_name = "ADDRESS")]
        email: String,
        /// What they are from now on
        #[arg(value_enum)]
        role: Word,
        #[command(flatten)]
        place: Place,
    },
    /// Remove somebody; their tokens end
    Remove {
        /// Their address
        #[arg(value_name = "ADDRESS")]
        email: String,
        #[command(flatten)]
        place: Place,
    },
}

/// A role, as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    /// Looks
    Viewer,
    /// Deploys, rolls back, deletes endpoints
    Developer,
    /// Makes keys, invites and removes people
    Admin,
    /// Makes and unmakes owners
    Owner,
}

impl From<Word> for Role {
    fn from(word: Word) -> Self {
        match word {
            Word::Viewer => Self::Viewer,
            Word::Developer => Self::Developer,
            Word::Admin => Self::Admin,
            Word::Owner => Self::Owner,
        }
    }
}

#[derive(Debug, Serialize)]
struct List {
    items: Vec<Member>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.items.iter().map(|member| member.email.chars().count()).max().unwrap_or(0);
        for Member { email, name, role, .. } in &self.items {
            writeln!(f, "{STRONG}{email:width$}{STRONG:#}  {:9}  {name}", role.as_str())?;
        }
        Ok(())
    }
}

/// The link alone, so that it can be captured.
#[derive(Serialize)]
struct Invited(CreatedInvitation);

impl fmt::Display for Invited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.0.url)
    }
}

#[derive(Debug, Serialize)]
struct Changed(Member);

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{STRONG}{}{STRONG:#} is {} now", self.0.email, self.0.role)
    }
}

#[derive(Debug, Serialize)]
struct Removed {
    email: String,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}removed{GOOD:#} {STRONG}{}{STRONG:#}", self.email)
    }
}

pub(crate) async fn run(context: &Context, args: Members) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let org = organization(context, &client).await?;
    match args.what {
        What::List { .. } => {
            let items = client.all(&["organizations", &org, "members"]).await?;
            context.out.result(&List { items });
        }
        What::Invite { role, email, .. } => {
            let new = NewInvitation { email, role: role.into() };
            let made: CreatedInvitation =
                client.post(&["organizations", &org, "invitations"], &new).await?;
            let told = match (&made.about.email, made.mailed) {
                (Some(email), true) => format!("The link was sent to {email}, too."),
                _ => "Hand on the link.".to_owned(),
            };
            context.out.result(&Invited(made));
            if !context.out.is_json() {
                note(format!("{told} It is good for a week, and once."));
            }
        }
        What::Role { email, role, .. } => {
            let id = member(&client, &org, &email).await?;
            let change = RoleChange { role: role.into() };
            let changed = client.patch(&["organizations", &org, "members", &id], &change).await?;
            context.out.result(&Changed(changed));
        }
        What::Remove { email, .. } => {
            let id = member(&client, &org, &email).await?;
            client.delete::<()>(&["organizations", &org, "members", &id]).await?;
            context.out.result(&Removed { email });
        }
    }
    Ok(())
}

/// The organization that is meant: the one that was named, or the only one.
pub(super) async fn organization(context: &Context, client: &Client) -> Result<String, Failure> {
    if let Some(named) = &context.global.org {
        return Ok(named.clone());
    }
    let me: Me = client.get(&["me"], &[]).await?;
    match &*me.organizations {
        [only] => Ok(only.membership.slug.clone()),
        several => {
            let slugs: Vec<String> = several.iter().map(|of| of.membership.slug.clone()).collect();
            Err(Failure::usage("you are in several organizations")
                .hint(format!("add `--org`; there are {}", folder::list(&slugs))))
        }
    }
}

/// The id of who has an address.
async fn member(client: &Client, org: &str, email: &str) -> Result<String, Failure> {
    let all: Vec<Member> = client.all(&["organizations", org, "members"]).await?;
    if let Some(found) = all.iter().find(|member| member.email.eq_ignore_ascii_case(email)) {
        return Ok(found.id.to_string());
    }
    let known: Vec<String> = all.into_iter().map(|member| member.email).collect();
    let failure = Failure::new(format!("nobody here has the address `{email}`"));
    Err(match folder::nearest(email, &known) {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint("see `promptpilot members list`"),
    })
}
