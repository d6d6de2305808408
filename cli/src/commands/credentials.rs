//! `promptpilot credentials`: keys of model providers, which endpoints call them with.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptpilot_spec::definition::ProviderKind;
use serde::Serialize;

use super::{Context, confirm};
use crate::api::{
    ChangedCredential, Client, Credential, CredentialCheck, CredentialChecked, DeletedCredential,
    NewCredential, Page,
};
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::folder;
use crate::style::{ERROR, FAINT, GOOD, STRONG};
use crate::text::ago;

/// Store and check the keys that endpoints call their providers with
///
/// They are kept sealed and never shown again. One that is stored with `--env` is for that environment
/// alone, and comes before the one for all.
#[derive(Debug, Args)]
pub(crate) struct Credentials {
    #[command(subcommand)]
    what: What,
}

impl Credentials {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let place = match &self.what {
            What::List { place } => place,
            What::Set { of, .. } | What::Check { of, .. } | What::Delete { of, .. } => &of.place,
        };
        place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// List stored keys
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Store a key, or change it; it is read from stdin, or asked for
    ///
    /// What is live with the key is brought the new one at once, without a build.
    #[command(after_help = "Examples:
  promptpilot credentials set openai                  # asks for the key
  promptpilot credentials set openai < key.txt
  promptpilot credentials set anthropic --name team-b --env staging")]
    Set {
        #[command(flatten)]
        of: Of,
    },
    /// Ask the provider whether it takes the key, by a request that costs nothing
    #[command(after_help = "Examples:
  promptpilot credentials check openai
  promptpilot credentials check openai-compatible --base-url https://models.example.com/v1")]
    Check {
        #[command(flatten)]
        of: Of,
        /// Where the provider listens, for those without an address of their own
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// The provider's region, where it has them
        #[arg(long)]
        region: Option<String>,
    },
    /// Delete a key that nothing live needs
    Delete {
        #[command(flatten)]
        of: Of,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Which credential.
#[derive(Debug, Args)]
struct Of {
    /// Whose key it is, such as `openai`
    #[arg(value_parser = provider)]
    provider: ProviderKind,
    /// What definitions call it
    #[arg(long, default_value = "default")]
    name: String,
    #[command(flatten)]
    place: Place,
}

/// A provider by its name; one that is none offers the nearest that is.
fn provider(name: &str) -> Result<ProviderKind, String> {
    let known: Vec<String> = ProviderKind::ALL.map(|kind| kind.as_str().to_owned()).into();
    match ProviderKind::ALL.into_iter().find(|kind| kind.as_str() == name) {
        Some(kind) => Ok(kind),
        None => Err(match folder::nearest(name, &known) {
            Some(nearest) => format!("no provider is called so; did you mean `{nearest}`?"),
            None => format!("no provider is called so; there are {}", folder::list(&known)),
        }),
    }
}

pub(crate) async fn run(context: &Context, args: Credentials) -> Result<(), Failure> {
    let client = Client::find(context)?;
    match args.what {
        What::List { .. } => {
            let page: Page<Credential> = client.get(&["provider-credentials"], &[]).await?;
            context.out.result(&Listed { items: page.items });
        }
        What::Set { of } => set(context, &client, of).await?,
        What::Check { of, base_url, region } => {
            let found = find(context, &client, &of).await?;
            let wanted = CredentialCheck { base_url, region };
            let path = ["provider-credentials", &found.id.to_string(), "check"];
            let result: CredentialChecked = client.post(&path, &wanted).await?;
            let accepted = result.accepted;
            context.out.result(&Checked { provider: found.provider, name: found.name, result });
            if !accepted {
                return Err(Failure::told(Exit::Failed));
            }
        }
        What::Delete { of, yes } => {
            let found = find(context, &client, &of).await?;
            if !yes {
                let what = format!("deleting the key {}", named(&found));
                confirm(&what, &format!("This deletes the key {}. Go on? [y/N]", named(&found)))?;
            }
            let path = ["provider-credentials", &found.id.to_string()];
            let gone: DeletedCredential = client.delete(&path).await?;
            context.out.result(&Deleted { about: found, deployments: gone.deployments.len() });
        }
    }
    Ok(())
}

async fn set(context: &Context, client: &Client, of: Of) -> Result<(), Failure> {
    let new = NewCredential {
        provider: of.provider,
        name: Some(of.name),
        environment: context.global.env.clone(),
        secret: secret(of.provider)?,
    };
    let stored: ChangedCredential = client.put(&["provider-credentials"], &new).await?;
    context.out.result(&Stored(stored));
    Ok(())
}

/// A key: a line of stdin, or what is typed without being shown.
fn secret(provider: ProviderKind) -> Result<String, Failure> {
    let unread = |error: io::Error| Failure::new("could not read the key").caused_by(&error);
    let line = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Key of {} (not shown): ", provider.as_str()))
            .map_err(unread)?
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(unread)?;
        line
    };
    match line.trim() {
        "" => Err(Failure::usage("there is no key on stdin")
            .hint("type it when asked, or give it: `promptpilot credentials set … < key.txt`")),
        key => Ok(key.to_owned()),
    }
}

/// The credential that is meant; where there is none, those that are there are named.
async fn find(context: &Context, client: &Client, of: &Of) -> Result<Credential, Failure> {
    let page: Page<Credential> = client.get(&["provider-credentials"], &[]).await?;
    let wanted = |found: &Credential| {
        found.provider == of.provider.as_str()
            && found.name == of.name
            && found.environment == context.global.env
    };
    let known: Vec<String> = page.items.iter().map(named).collect();
    page.items.into_iter().find(wanted).ok_or_else(|| {
        let wanted = format!("{}/{}", of.provider.as_str(), of.name);
        let failure = match &context.global.env {
            Some(env) => Failure::new(format!("no key {wanted} is stored for {env} alone")),
            None => Failure::new(format!("no key {wanted} is stored for all environments")),
        };
        failure.hint(match known.is_empty() {
            true => "store one with `promptpilot credentials set`".to_owned(),
            false => format!("there are {}", folder::list(&known)),
        })
    })
}

/// A credential as people say it.
fn named(credential: &Credential) -> String {
    let Credential { provider, name, environment, .. } = credential;
    match environment {
        Some(environment) => format!("{provider}/{name} of {environment}"),
        None => format!("{provider}/{name}"),
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<Credential>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(
                f,
                "There are no keys. Store one with `promptpilot credentials set PROVIDER`."
            );
        }
        let names: Vec<String> = self.items.iter().map(named).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (credential, name) in self.items.iter().zip(names) {
            let used = credential
                .used
                .map_or_else(|| "never used".to_owned(), |used| format!("used {}", ago(used)));
            write!(f, "{STRONG}{name:width$}{STRONG:#}  …{:4}", credential.shown)?;
            write!(f, "  {FAINT}changed {}, {used}{FAINT:#}", ago(credential.changed))?;
            match &credential.refusal {
                Some(refusal) => writeln!(f, "  {ERROR}refused{ERROR:#}: {refusal}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Stored(ChangedCredential);

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChangedCredential { about, deployments } = &self.0;
        writeln!(f, "{GOOD}stored{GOOD:#} {STRONG}{}{STRONG:#} …{}", named(about), about.shown)?;
        renewed(f, deployments.len())
    }
}

#[derive(Debug, Serialize)]
struct Deleted {
    #[serde(flatten)]
    about: Credential,
    deployments: usize,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}deleted{GOOD:#} {STRONG}{}{STRONG:#}", named(&self.about))?;
        renewed(f, self.deployments)
    }
}

/// What is live is being brought another key.
fn renewed(f: &mut fmt::Formatter<'_>, endpoints: usize) -> fmt::Result {
    match endpoints {
        0 => Ok(()),
        1 => writeln!(f, "One endpoint is being given it: see `promptpilot list`."),
        some => writeln!(f, "{some} endpoints are being given it: see `promptpilot list`."),
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    provider: String,
    name: String,
    #[serde(flatten)]
    result: CredentialChecked,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, name, result } = self;
        match &result.refusal {
            None => writeln!(
                f,
                "{GOOD}accepted{GOOD:#} {STRONG}{provider}/{name}{STRONG:#} in {} ms",
                result.took_ms
            ),
            Some(refusal) => {
                let verdict = if result.status.is_some() { "refused" } else { "not reached" };
                writeln!(
                    f,
                    "{ERROR}{verdict}{ERROR:#} {STRONG}{provider}/{name}{STRONG:#}: {refusal}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_or_the_nearest_is_offered() {
        assert_eq!(provider("openai"), Ok(ProviderKind::OpenAi));
        assert!(provider("opnai").is_err_and(|said| said.contains("did you mean `openai`?")));
        assert!(provider("nobody").is_err_and(|said| said.contains("there are")));
    }
}
