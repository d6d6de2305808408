//! A mail server, spoken to over TLS.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::Letter;

/// Each step of a letter's delivery takes less.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a certificate in PEM begins with.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A mail server, and the address that letters come from. Cheap to clone.
#[derive(Clone)]
pub struct MailServer {
    shared: Arc<Shared>,
}

struct Shared {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer(from {})", self.shared.from)
    }
}

/// Why a mail server cannot be used. What was given may hold a password and is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum MailServerError {
    /// Not a URL.
    #[error("the mail server's address is no URL")]
    Url(#[source] url::ParseError),
    /// Another protocol, or no host.
    #[error(
        "the mail server's address is neither `smtps://USER:PASSWORD@HOST` (TLS) nor \
         `smtp://USER:PASSWORD@HOST` (STARTTLS)"
    )]
    Form,
    /// What stands behind the `?` is not known.
    #[error("behind the `?` of the mail server's address only `tls=none` may stand")]
    Option,
    /// Without TLS, to another machine.
    #[error("`tls=none` is for a mail server on this machine alone")]
    Plain,
    /// The sender is no address.
    #[error("`{0}` is no sender, such as `Prompt Pilot <pilot@example.com>`")]
    From(String, #[source] AddressError),
    /// The authority's file has no certificate.
    #[error("there is no certificate in PEM in the file of the mail server's authority")]
    Authority,
    /// The certificate of the authority, or TLS itself.
    #[error("could not set up TLS for the mail server")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the address is none that mail can be sent to")]
    Address(#[source] AddressError),
    #[error("the letter could not be written")]
    Write(#[source] lettre::error::Error),
    #[error("the mail server did not take the letter")]
    Refused(#[source] lettre::transport::smtp::Error),
}

impl SendError {
    /// Whether the same letter may be taken later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Refused(error) if !error.is_permanent() && !error.is_client())
    }
}

impl MailServer {
    /// The server at `url`. `authority` is a certificate in PEM that its own is signed with, where that
    /// is none of the well-known ones.
    ///
    /// # Errors
    /// When an address is none, or anything but this machine would be spoken to without TLS.
    pub fn new(url: &str, from: &str, authority: Option<&[u8]>) -> Result<Self, MailServerError> {
        let from = from.parse().map_err(|error| MailServerError::From(from.to_owned(), error))?;
        let url = Url::parse(url).map_err(MailServerError::Url)?;
        let host = url.host().ok_or(MailServerError::Form)?;
        let (tls, port) = security(&url, &host, authority)?;
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(bare(&host))
            .tls(tls)
            .port(url.port().unwrap_or(port))
            .timeout(Some(PATIENCE));
        if let Some(password) = url.password() {
            server =
                server.credentials(Credentials::new(decoded(url.username()), decoded(password)));
        }
        Ok(Self { shared: Arc::new(Shared { transport: server.build(), from }) })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let to = letter.to.parse().map_err(SendError::Address)?;
        let message = Message::builder()
            .from(self.shared.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(SendError::Write)?;
        self.shared.transport.send(message).await.map_err(SendError::Refused)?;
        Ok(())
    }
}

/// How the connection is kept from others' eyes, and the usual port.
fn security(
    url: &Url,
    host: &Host<&str>,
    authority: Option<&[u8]>,
) -> Result<(Tls, u16), MailServerError> {
    match (url.scheme(), url.query()) {
        ("smtps", None) => Ok((Tls::Wrapper(parameters(host, authority)?), 465)),
        ("smtp", None) => Ok((Tls::Required(parameters(host, authority)?), 587)),
        ("smtp", Some("tls=none")) if is_here(host) => Ok((Tls::None, 25)),
        ("smtp", Some("tls=none")) => Err(MailServerError::Plain),
        ("smtp" | "smtps", Some(_)) => Err(MailServerError::Option),
        _ => Err(MailServerError::Form),
    }
}

fn parameters(
    host: &Host<&str>,
    authority: Option<&[u8]>,
) -> Result<TlsParameters, MailServerError> {
    let mut parameters = TlsParameters::builder(bare(host));
    if let Some(pem) = authority {
        if !pem.windows(CERTIFICATE.len()).any(|text| text == CERTIFICATE) {
            return Err(MailServerError::Authority);
        }
        let authority = Certificate::from_pem(pem).map_err(MailServerError::Tls)?;
        parameters = parameters.add_root_certificate(authority);
    }
    parameters.build_rustls().map_err(MailServerError::Tls)
}

/// Whether a host is this machine. To URLs of mail a number is a name like any other.
fn is_here(host: &Host<&str>) -> bool {
    let name = bare(host);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A host without the brackets of URLs.
fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Ipv6(address) => address.to_string(),
        named => named.to_string(),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        MailServer::new(url, "pilot@example.com", None).unwrap_err().to_string()
    }

    #[test]
    fn a_server_is_spoken_to_over_tls_or_on_this_machine() {
        for url in [
            "smtps://mail.example.com",
            "smtp://jo%40example.com:p%2Fw@mail.example.com:2525",
            "smtp://localhost?tls=none",
            "smtp://jo:pw@127.0.0.1:1025?tls=none",
            "smtp://[::1]:1025?tls=none",
        ] {
            MailServer::new(url, "Prompt Pilot <pilot@example.com>", None).unwrap();
        }
        assert_eq!(
            refused("smtp://jo:hunter2@mail.example.com?tls=none"),
            "`tls=none` is for a mail server on this machine alone"
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_without_the_password() {
        for url in [
            "jo:hunter2@mail.example.com",
            "http://jo:hunter2@mail.example.com",
            "smtp://jo:hunter2@mail.example.com?tls=maybe",
            "smtp://jo:hunter2@mail.example.com:port",
            "smtps:hunter2",
            "",
        ] {
            let error = MailServer::new(url, "pilot@example.com", None).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}: {error}");
        }
        let sender = MailServer::new("smtps://mail.example.com", "nobody", None).unwrap_err();
        assert!(sender.to_string().starts_with("`nobody` is no sender"), "{sender}");
        let authority = MailServer::new("smtps://x", "a@b.example", Some(b"-----BEGIN"));
        assert!(matches!(authority, Err(MailServerError::Authority)));
    }
}
