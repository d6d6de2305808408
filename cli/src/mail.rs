//! Where mail goes: what `up` and `serve` are told of it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use promptpilot_control_plane::{Mail, MailServer, MailServerError};

use crate::error::{Exit, Failure, Hint};

/// The server that takes mail.
#[derive(Debug, Args)]
#[command(next_help_heading = "Mail")]
pub(crate) struct MailOptions {
    /// The mail server: `smtps://USER:PASSWORD@HOST` (TLS) or `smtp://USER:PASSWORD@HOST` (STARTTLS); one
    /// on this machine may be `smtp://localhost?tls=none`
    #[arg(
        long,
        value_name = "URL",
        env = "PROMPTPILOT_SMTP_URL",
        hide_env_values = true,
        requires = "mail_from"
    )]
    smtp_url: Option<String>,
    /// The address that mail comes from, such as `Prompt Pilot <pilot@example.com>`
    #[arg(long, value_name = "ADDRESS", env = "PROMPTPILOT_MAIL_FROM")]
    mail_from: Option<String>,
    /// Certificate in PEM that the mail server's is signed with, where that is none of the well-known
    #[arg(long, value_name = "FILE", env = "PROMPTPILOT_SMTP_CA")]
    smtp_ca: Option<PathBuf>,
    /// People confirm their address, by a link that is sent there, before they can sign in
    #[arg(long, requires = "smtp_url")]
    pub(crate) verify_email: bool,
}

impl Hint for MailServerError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::From(..) => "mend `--mail-from`".to_owned(),
            Self::Authority => "mend `--smtp-ca`".to_owned(),
            _ => "mend `--smtp-url` (`PROMPTPILOT_SMTP_URL`); what is odd in a name or a password is \
                  written as in other URLs, `@` as `%40`"
                .to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl MailOptions {
    /// Where mail goes; `otherwise` where no server is named. Links in letters lead to the public
    /// address, so there has to be one.
    pub(crate) fn mail(&self, otherwise: Mail, has_public_url: bool) -> Result<Mail, Failure> {
        let Some(url) = &self.smtp_url else { return Ok(otherwise) };
        if !has_public_url {
            return Err(Failure::usage(
                "letters have links, and where people reach this is not known",
            )
            .hint("add `--public-url URL`"));
        }
        let authority = self.smtp_ca.as_ref().map(|path| {
            fs::read(path).map_err(|error| {
                Failure::usage(format!("could not read `{}`", path.display())).caused_by(&error)
            })
        });
        let from = self.mail_from.as_deref().unwrap_or_default();
        Ok(Mail::Server(MailServer::new(url, from, authority.transpose()?.as_deref())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str, authority: Option<PathBuf>) -> MailOptions {
        MailOptions {
            smtp_url: Some(url.to_owned()),
            mail_from: Some("pilot@example.com".to_owned()),
            smtp_ca: authority,
            verify_email: false,
        }
    }

    #[test]
    fn letters_need_an_address_for_their_links() {
        let options = options("smtps://mail.example.com", None);
        let failure = options.mail(Mail::Nowhere, false).unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("add `--public-url URL`"));
        assert!(matches!(options.mail(Mail::Nowhere, true), Ok(Mail::Server(_))));
    }

    #[test]
    fn a_server_that_cannot_be_used_is_a_mistake_in_the_command_line() {
        let password = options("smtp://jo:hunter2@mail.example.com?tls=none", None);
        let missing = options("smtps://mail.example.com", Some("/nowhere/ca.pem".into()));
        for (options, told) in [(password, "this machine alone"), (missing, "/nowhere/ca.pem")] {
            let failure = options.mail(Mail::Nowhere, true).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.to_string().contains(told), "{failure}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
