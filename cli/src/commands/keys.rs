//! `promptpilot keys`: what callers of endpoints carry.

mod list;

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptpilot_spec::units;
use serde::Serialize;
use time::OffsetDateTime;

use self::list::{Listed, scope};
use super::Context;
use crate::api::{ApiKey, Client, CreatedKey, KeyLimits, KeyRotation, NewKey, Page, PromptScope};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};
use crate::text::clock;

/// Make, list, rotate and revoke the keys that callers of endpoints and prompts carry
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    what: What,
}

impl Keys {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let place = match &self.what {
            What::Create(args) => &args.place,
            What::List(args) => &args.place,
            What::Rotate(args) => &args.place,
            What::Limit(args) => &args.place,
            What::Revoke(args) => &args.place,
        };
        place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key and print it, this once
    Create(Create),
    /// List keys, the newest first
    List(List),
    /// Give a key another secret and print it, this once
    Rotate(Rotate),
    /// Say what a key may have prompts executed for, and how often
    Limit(Limit),
    /// End a key with all of its secrets: within half a minute nothing is answered to it
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot keys rotate website              # the earlier secret is good for a day
  promptpilot keys rotate website --grace 7d
  promptpilot keys rotate website --grace 0s   # it was seen by somebody: ends at once")]
struct Rotate {
    /// What it is called, or its id
    #[arg(value_name = "KEY")]
    named: String,
    /// How long the secrets that it had before are still good, at most 30d [default: 24h]
    #[arg(long, value_name = "TIME")]
    grace: Option<units::Duration>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot keys limit chat-app --budget '5 USD/day' --rate 60
  promptpilot keys limit chat-app                  # as any other key")]
struct Limit {
    /// What it is called, or its id
    #[arg(value_name = "KEY")]
    named: String,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    place: Place,
}

/// What holds one key back where it executes prompts.
#[derive(Debug, Args)]
struct Limits {
    /// What prompts may cost that it executes, such as '5 USD/day' [default: no matter how much]
    #[arg(long, value_name = "AMOUNT")]
    budget: Option<units::Money>,
    /// How many requests for prompts it may make a minute [default: as many as any key]
    #[arg(long, value_name = "NUMBER")]
    rate: Option<u32>,
}

impl From<Limits> for KeyLimits {
    fn from(limits: Limits) -> Self {
        Self { budget: limits.budget, rate: limits.rate }
    }
}

#[derive(Debug, Args)]
struct Revoke {
    /// What it is called, or its id
    #[arg(value_name = "KEY")]
    named: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot keys create website
  promptpilot keys create trial --test
  promptpilot keys create partner --endpoint summarize --expires 90d
  promptpilot keys create chat-app --prompts --no-endpoints
  promptpilot keys create support --prompt support/first-reply --budget '5 USD/day'")]
struct Create {
    /// What to call it
    name: String,
    /// A test key: calls with it are answered by the sandbox, at no cost
    #[arg(long)]
    test: bool,
    /// An endpoint that it may call, any number of times [default: all]
    #[arg(long = "endpoint", value_name = "NAME")]
    endpoints: Vec<String>,
    /// It may call no endpoint: a key for prompts alone
    #[arg(long, conflicts_with = "endpoints")]
    no_endpoints: bool,
    /// It may execute every prompt, later ones included [default: none]
    #[arg(long)]
    prompts: bool,
    /// A prompt that it may execute, any number of times
    #[arg(long = "prompt", value_name = "NAME", conflicts_with = "prompts")]
    prompt: Vec<String>,
    /// An environment that it may call in, any number of times [default: all]
    #[arg(long = "environment", value_name = "NAME")]
    environments: Vec<String>,
    /// How long it is good, such as 90d [default: until it is revoked]
    #[arg(long, value_name = "TIME")]
    expires: Option<units::Duration>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(context: &Context, args: Keys) -> Result<(), Failure> {
    let client = Client::find(context)?;
    match args.what {
        What::Create(args) => create(context, &client, args).await,
        What::List(_) => {
            let page: Page<ApiKey> = client.get(&["api-keys"], &[]).await?;
            context.out.result(&Listed { items: page.items });
            Ok(())
        }
        What::Rotate(args) => rotate(context, &client, &args).await,
        What::Limit(Limit { named, limits, .. }) => {
            let key = client.put(&["api-keys", &named, "limits"], &KeyLimits::from(limits)).await?;
            context.out.result(&Limited(key));
            Ok(())
        }
        What::Revoke(Revoke { named, .. }) => {
            let key: ApiKey = client.delete(&["api-keys", &named]).await?;
            context.out.result(&Revoked(key));
            Ok(())
        }
    }
}

async fn create(context: &Context, client: &Client, args: Create) -> Result<(), Failure> {
    let some = |names: Vec<String>| Some(names).filter(|names| !names.is_empty());
    let expires = args.expires.map(|span| {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        OffsetDateTime::now_utc()
            .checked_add(time::Duration::milliseconds(millis))
            .ok_or_else(|| Failure::usage("`--expires` is further away than any calendar goes"))
    });
    let new = NewKey {
        name: args.name,
        test: args.test,
        endpoints: if args.no_endpoints { Some(Vec::new()) } else { some(args.endpoints) },
        environments: some(args.environments),
        prompts: if args.prompts { PromptScope::ALL } else { PromptScope::Only(args.prompt) },
        expires: expires.transpose()?,
        limits: args.limits.into(),
    };
    let created: CreatedKey = client.post(&["api-keys"], &new).await?;
    show(context, created);
    Ok(())
}

async fn rotate(context: &Context, client: &Client, args: &Rotate) -> Result<(), Failure> {
    let grace = args.grace.map(|span| u32::try_from(span.as_secs_ceil()).unwrap_or(u32::MAX));
    let path = ["api-keys", &args.named, "rotate"];
    let rotated: CreatedKey = client.post(&path, &KeyRotation { grace }).await?;
    let until = rotated.about.earlier_until.filter(|end| *end > OffsetDateTime::now_utc());
    show(context, rotated);
    if !context.out.is_json() {
        match until {
            Some(until) => note(format!("The earlier secret is good until {} UTC.", clock(until))),
            None => note("The earlier secret ends within half a minute."),
        }
    }
    Ok(())
}

/// A secret, the one time that it is known.
fn show(context: &Context, created: CreatedKey) {
    context.out.result(&Created(created));
    if !context.out.is_json() {
        note("This is the only time that it is shown. Send it as `authorization: Bearer …`.");
    }
}

/// The key alone, so that it can be captured.
#[derive(Serialize)]
struct Created(CreatedKey);

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.0.key)
    }
}

#[derive(Debug, Serialize)]
struct Limited(ApiKey);

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{STRONG}{}{STRONG:#} {}…  {}", self.0.name, self.0.shown, scope(&self.0))
    }
}

#[derive(Debug, Serialize)]
struct Revoked(ApiKey);

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}revoked{GOOD:#} {STRONG}{}{STRONG:#} {}…", self.0.name, self.0.shown)
    }
}
