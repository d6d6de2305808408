//! `promptpilot audit`: what was done, by whom.

use std::fmt;
use std::io::{self, Write as _};

use clap::Args;
use futures::StreamExt;
use serde::Serialize;
use serde_json::Value;

use super::Context;
use crate::api::{AuditEvent, Client, Page};
use crate::args::Place;
use crate::error::Failure;
use crate::since::Since;
use crate::style::{FAINT, STRONG};
use crate::text::ago;

/// Show what was done in the organization, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot audit
  promptpilot audit --subject api-key --since 7d
  promptpilot audit --export > audit.jsonl")]
pub(crate) struct Audit {
    /// What kind of thing it was done to, such as `api-key`
    #[arg(long, value_name = "KIND")]
    subject: Option<String>,
    /// Who did it, by their address of mail
    #[arg(long, value_name = "ADDRESS")]
    actor: Option<String>,
    /// How far back, such as 7d
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// All of it, a JSON object a line
    #[arg(long, conflicts_with = "limit")]
    export: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

pub(crate) async fn run(context: &Context, args: &Audit) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let mut query = Vec::new();
    query.extend(args.subject.clone().map(|subject| ("subject", subject)));
    query.extend(args.actor.clone().map(|actor| ("actor", actor)));
    query.extend(args.since.map(|since| ("since", since.query())));
    if args.export {
        return export(&client, &query).await;
    }
    query.push(("limit", args.limit.to_string()));
    let page: Page<AuditEvent> = client.get(&["audit"], &query).await?;
    context.out.result(&Listed { items: page.items });
    Ok(())
}

async fn export(client: &Client, query: &[(&str, String)]) -> Result<(), Failure> {
    let broken = |error: &dyn fmt::Display| Failure::new(format!("the export broke off: {error}"));
    let mut bytes = client.bytes(&["audit", "export"], query).await?;
    let mut out = io::stdout().lock();
    while let Some(piece) = bytes.next().await {
        let piece = piece.map_err(|error| broken(&error))?;
        out.write_all(&piece).map_err(|error| broken(&error))?;
    }
    out.flush().map_err(|error| broken(&error))
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<AuditEvent>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "Nothing of the kind was done.");
        }
        for event in &self.items {
            let who = event.actor.as_deref().unwrap_or("the system");
            let name = event.subject_name.as_deref().unwrap_or_default();
            write!(f, "{FAINT}{:>8}{FAINT:#}  {who} ", ago(event.at))?;
            write!(f, "{} {} {STRONG}{name}{STRONG:#}", event.action.as_str(), event.subject)?;
            writeln!(f, "{}", changes(event))?;
        }
        Ok(())
    }
}

/// What a change changed.
fn changes(event: &AuditEvent) -> String {
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (&event.before, &event.after)
    else {
        return String::new();
    };
    let changes = after.iter().map(|(column, now)| {
        let then = before.get(column).unwrap_or(&Value::Null);
        format!("{column} {then} → {now}")
    });
    format!(": {}", changes.collect::<Vec<_>>().join(", "))
}
