//! `promptpilot login` and `promptpilot logout`.

use std::env;
use std::fmt;
use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Context, whoami::Person};
use crate::api::{Client, Login as Pending, Me, NewLogin};
use crate::error::Failure;
use crate::logins::Logins;
use crate::output::note;
use crate::style::{GOOD, STRONG};

/// How often it is asked whether somebody has approved.
const AGAIN: Duration = Duration::from_secs(1);

/// Log in to a server
///
/// A code is shown, and whoever is signed in to the server approves it in a browser. The token that
/// comes of it is kept for its owner's eyes in `~/.config/promptpilot/logins.json`, and the server
/// is the one that other commands mean until `promptpilot logout`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot login --server https://pilot.example.com
  promptpilot login --server https://pilot.example.com --token < token.txt")]
pub(crate) struct Login {
    /// Read a token from stdin (or take `PROMPTPILOT_TOKEN`) instead of asking for one
    #[arg(long)]
    token: bool,
}

/// Log out of a server
///
/// Its token is revoked and forgotten.
#[derive(Debug, Args)]
pub(crate) struct Logout {}

#[derive(Debug, Serialize)]
struct LoggedIn {
    server: String,
    #[serde(flatten)]
    person: Person,
}

impl fmt::Display for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}logged in{GOOD:#} to {STRONG}{}{STRONG:#}", self.server)?;
        self.person.fmt(f)
    }
}

#[derive(Debug, Serialize)]
struct LoggedOut {
    server: String,
}

impl fmt::Display for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}logged out{GOOD:#} of {STRONG}{}{STRONG:#}", self.server)
    }
}

pub(crate) async fn login(context: &Context, args: &Login) -> Result<(), Failure> {
    let server = context.global.server.as_deref().ok_or_else(|| {
        Failure::usage("a server has to be named")
            .hint("add `--server URL`; on `promptpilot up`'s own machine no login is needed")
    })?;
    let (token, me) = if args.token {
        let token = given()?;
        let me = Client::new(server, Some(token.clone()))?.get(&["me"], &[]).await?;
        (token, me)
    } else {
        approved(server).await?
    };
    Logins::read()?.add(server, &token)?;
    context.out.result(&LoggedIn { server: server.to_owned(), person: me.into() });
    Ok(())
}

/// A token from the environment, or a line of stdin.
fn given() -> Result<String, Failure> {
    if let Ok(token) = env::var("PROMPTPILOT_TOKEN") {
        return Ok(token);
    }
    if io::stdin().is_terminal() {
        note("Paste the token, then press Enter:");
    }
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::new("could not read a token from stdin").caused_by(&error))?;
    match line.trim() {
        "" => Err(Failure::usage("there is no token on stdin")),
        token => Ok(token.to_owned()),
    }
}

/// Asks for a token and waits until somebody has approved.
async fn approved(server: &str) -> Result<(String, Me), Failure> {
    let new = NewLogin { name: machine() };
    let pending: Pending = Client::new(server, None)?.post(&["logins"], &new).await?;
    note(format!("Open {STRONG}{}{STRONG:#}", pending.url));
    note(format!("and approve the code {STRONG}{}{STRONG:#}", pending.code));
    let client = Client::new(server, Some(pending.token.clone()))?;
    loop {
        match client.get(&["me"], &[]).await {
            Ok(me) => return Ok((pending.token, me)),
            Err(error) if error.is_unauthorized() => {}
            Err(error) => return Err(error.into()),
        }
        if OffsetDateTime::now_utc() >= pending.expires {
            return Err(Failure::new("nobody has approved the code in time")
                .hint("run `promptpilot login` again"));
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// What the token is called.
fn machine() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let name = format!("promptpilot login on {}", host.as_deref().unwrap_or("a machine"));
    name.chars().take(100).collect()
}

pub(crate) async fn logout(context: &Context) -> Result<(), Failure> {
    let mut logins = Logins::read()?;
    let named = context.global.server.clone();
    let server = named.or_else(|| logins.current().map(ToOwned::to_owned)).ok_or_else(|| {
        Failure::new("you are logged in to no server").hint("log in with `promptpilot login`")
    })?;
    let token = logins.token(&server).map(ToOwned::to_owned);
    let token = token.ok_or_else(|| Failure::new(format!("you are not logged in to {server}")))?;
    if let Err(error) = revoke(&Client::new(&server, Some(token))?).await {
        // It is forgotten all the same: that is what was asked for.
        note(format!("the token could not be revoked: {error}"));
    }
    logins.remove(&server)?;
    context.out.result(&LoggedOut { server });
    Ok(())
}

async fn revoke(client: &Client) -> Result<(), crate::api::ApiError> {
    let me: Me = client.get(&["me"], &[]).await?;
    match me.token {
        Some(id) => client.delete(&["access-tokens", &id.to_string()]).await,
        None => Ok(()),
    }
}
