//! `promptpilot keys`: what callers of endpoints carry.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptpilot_spec::units;
use serde::Serialize;
use time::OffsetDateTime;

use super::Context;
use crate::api::{ApiKey, Client, CreatedKey, KeyRotation, NewKey, Page, PromptScope};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{FAINT, GOOD, STRONG};
use crate::text::{ago, clock};

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
  promptpilot keys create support --prompt support/first-reply")]
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
struct Revoked(ApiKey);

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}revoked{GOOD:#} {STRONG}{}{STRONG:#} {}…", self.0.name, self.0.shown)
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<ApiKey>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "There are no keys. Make one with `promptpilot keys create NAME`.");
        }
        let width = self.items.iter().map(|key| key.name.chars().count()).max().unwrap_or(0);
        for key in &self.items {
            let state = state(key, OffsetDateTime::now_utc());
            write!(f, "{STRONG}{:width$}{STRONG:#}  {}…  {state:8}", key.name, key.shown)?;
            write!(f, "  {}", scope(key))?;
            writeln!(f, "  {FAINT}{}{FAINT:#}", ago(key.created))?;
        }
        Ok(())
    }
}

/// What a key is good for now, in a word.
fn state(key: &ApiKey, now: OffsetDateTime) -> &'static str {
    if key.revoked.is_some() {
        "revoked"
    } else if key.expires.is_some_and(|end| end <= now) {
        "expired"
    } else if key.test {
        "test"
    } else {
        "live"
    }
}

fn scope(key: &ApiKey) -> String {
    let all = |names: &Option<Vec<String>>, what: &str| match names {
        None => format!("all {what}"),
        Some(names) if names.is_empty() => format!("no {what}"),
        Some(names) => names.join(", "),
    };
    let mut scope = all(&key.endpoints, "endpoints");
    match key.prompts.names() {
        None => scope.push_str(", all prompts"),
        Some([]) => {}
        Some(names) => write!(scope, ", prompts {}", names.join(", ")).unwrap_or_default(),
    }
    if key.environments.is_some() {
        write!(scope, " in {}", all(&key.environments, "environments")).unwrap_or_default();
    }
    scope
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey {
            id: uuid::Uuid::nil(),
            name: "website".to_owned(),
            shown: "pp_live_0707".to_owned(),
            test: false,
            endpoints: None,
            environments: None,
            prompts: PromptScope::default(),
            created: OffsetDateTime::UNIX_EPOCH,
            expires: None,
            revoked: None,
            rotated: None,
            earlier_until: None,
        }
    }

    #[test]
    fn a_key_says_in_a_word_what_it_is_good_for() {
        let now = OffsetDateTime::now_utc();
        assert_eq!(state(&key(), now), "live");
        assert_eq!(state(&ApiKey { test: true, ..key() }, now), "test");
        assert_eq!(state(&ApiKey { test: true, expires: Some(now), ..key() }, now), "expired");
        assert_eq!(state(&ApiKey { revoked: Some(now), ..key() }, now), "revoked");
    }

    #[test]
    fn a_scope_is_named_or_all() {
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(scope(&key()), "all endpoints");
        assert_eq!(scope(&ApiKey { endpoints: some(&["a", "b"]), ..key() }), "a, b");
        let narrow = ApiKey { endpoints: some(&["a"]), environments: some(&["staging"]), ..key() };
        assert_eq!(scope(&narrow), "a in staging");
        let prompts = ApiKey { endpoints: some(&[]), prompts: PromptScope::ALL, ..key() };
        assert_eq!(scope(&prompts), "no endpoints, all prompts");
        let prompts = PromptScope::Only(vec!["greet".to_owned()]);
        assert_eq!(scope(&ApiKey { prompts, ..narrow }), "a, prompts greet in staging");
    }
}
