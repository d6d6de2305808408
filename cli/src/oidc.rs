//! Who vouches for people beside their password: what `up` and `serve` are told of it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use clap::Args;
use promptpilot_control_plane::{Authority, Oidc, Secret};
use url::{Host, Url};

use crate::error::Failure;

/// Where the secret is that the provider gave us.
const SECRET: &str = "PROMPTPILOT_OIDC_CLIENT_SECRET";

/// The OpenID provider.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sign-in by OpenID")]
pub(crate) struct OidcOptions {
    /// An OpenID provider that people may sign in with, as it calls itself, such as
    /// `https://accounts.example.com`. It sends them back to `/api/oidc/callback` of the public address
    #[arg(long, value_name = "URL", env = "PROMPTPILOT_OIDC_ISSUER", requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// What the provider calls this server. Its secret is in `PROMPTPILOT_OIDC_CLIENT_SECRET`, or in the
    /// file that `--oidc-client-secret-file` names
    #[arg(long, value_name = "ID", env = "PROMPTPILOT_OIDC_CLIENT_ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// File with the secret that the provider gave for this server
    #[arg(
        long,
        value_name = "FILE",
        env = "PROMPTPILOT_OIDC_CLIENT_SECRET_FILE",
        requires = "oidc_issuer"
    )]
    oidc_client_secret_file: Option<PathBuf>,
    /// Certificates in PEM of the authority that the provider's is signed by, where that is none of the
    /// well-known. They are believed in requests to the provider, and in no others
    #[arg(long, value_name = "FILE", env = "PROMPTPILOT_OIDC_CA", requires = "oidc_issuer")]
    oidc_ca: Option<PathBuf>,
    /// What people know the provider by [default: its host]
    #[arg(long, value_name = "NAME", env = "PROMPTPILOT_OIDC_NAME", requires = "oidc_issuer")]
    oidc_name: Option<String>,
    /// What has to stand behind the `@` of who signs in by the provider; several are told apart by commas
    /// [default: anything]
    #[arg(
        long = "oidc-domain",
        value_name = "DOMAIN",
        env = "PROMPTPILOT_OIDC_DOMAINS",
        value_delimiter = ',',
        requires = "oidc_issuer"
    )]
    oidc_domains: Vec<String>,
}

impl OidcOptions {
    /// The provider, where one is named. It is told where to send people back to, so there has to be a
    /// public address.
    pub(crate) fn provider(&self, has_public_url: bool) -> Result<Option<Oidc>, Failure> {
        let Some(issuer) = &self.oidc_issuer else { return Ok(None) };
        if !has_public_url {
            let what =
                "the provider sends people back, and where they reach this server is not known";
            return Err(Failure::usage(what).hint("add `--public-url URL`"));
        }
        let host = host(issuer)?;
        Ok(Some(Oidc {
            issuer: issuer.clone(),
            client_id: self.oidc_client_id.clone().unwrap_or_default(),
            client_secret: self.secret()?,
            authority: self.authority()?,
            name: self.oidc_name.clone().unwrap_or(host),
            domains: self.oidc_domains.iter().map(|domain| domain.trim().to_owned()).collect(),
        }))
    }

    fn secret(&self) -> Result<Secret, Failure> {
        let text = match &self.oidc_client_secret_file {
            Some(path) => fs::read_to_string(path).map_err(|error| unreadable(path, &error))?,
            None => env::var(SECRET).unwrap_or_default(),
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::usage("the provider's secret for this server is not known")
                .hint(format!("set `{SECRET}`, or name a file with `--oidc-client-secret-file`")));
        }
        Ok(Secret::from(text))
    }

    fn authority(&self) -> Result<Option<Authority>, Failure> {
        let Some(path) = &self.oidc_ca else { return Ok(None) };
        let pem = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let authority = Authority::from_pem(&pem).map_err(|error| {
            let what = format!("`{}` is no file of an authority", path.display());
            Failure::usage(what).caused_by(&error).hint("mend `--oidc-ca`")
        });
        authority.map(Some)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("could not read `{}`", path.display())).caused_by(error)
}

/// The host of an issuer, which is spoken to over TLS, or on this machine.
fn host(issuer: &str) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::usage(format!("`--oidc-issuer` {what}: `{issuer}`"));
    let url: Url = issuer
        .parse()
        .map_err(|error: url::ParseError| wrong("is no address").caused_by(&error))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
        return Err(wrong("does not begin with `https://`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has more than a host and a path"));
    }
    Ok(url.host_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(issuer: &str, secret: PathBuf) -> OidcOptions {
        OidcOptions {
            oidc_issuer: Some(issuer.to_owned()),
            oidc_client_id: Some("pilot".to_owned()),
            oidc_client_secret_file: Some(secret),
            oidc_ca: None,
            oidc_name: None,
            oidc_domains: vec!["example.com".to_owned(), " example.org".to_owned()],
        }
    }

    #[test]
    fn a_provider_has_an_address_and_has_given_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "s3cret\n").unwrap();
        let named = |issuer: &str| options(issuer, file.clone()).provider(true);
        let provider = named("https://accounts.example.com/realms/a").unwrap().unwrap();
        let known = (&*provider.name, provider.client_secret.expose());
        assert_eq!(known, ("accounts.example.com", "s3cret"));
        assert_eq!(provider.domains, ["example.com", "example.org"]);
        assert!(named("http://127.0.0.1:8080").is_ok());
        for odd in ["accounts.example.com", "http://accounts.example.com", "https://a.example/?b"] {
            assert!(named(odd).unwrap_err().to_string().contains(odd), "{odd}");
        }
    }

    #[test]
    fn what_is_missing_is_a_mistake_in_the_command_line() {
        let options = options("https://a.example", "/nowhere/secret".into());
        let failure = options.provider(true).unwrap_err();
        assert!(failure.to_string().contains("/nowhere/secret"), "{failure}");
        let failure = options.provider(false).unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("add `--public-url URL`"));
    }

    #[test]
    fn an_authority_that_cannot_be_used_is_named_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, ca) = (folder.path().join("secret"), folder.path().join("ca.pem"));
        fs::write(&secret, "s3cret").unwrap();
        let provider = || {
            let plain = options("https://a.example", secret.clone());
            OidcOptions { oidc_ca: Some(ca.clone()), ..plain }.provider(true)
        };
        let told = |failure: Failure| format!("{}: {}", failure.message, failure.causes.join(": "));
        let missing = told(provider().unwrap_err());
        assert!(missing.starts_with("could not read `") && missing.contains("ca.pem"), "{missing}");
        fs::write(&ca, "no certificate").unwrap();
        let wrong = told(provider().unwrap_err());
        assert!(wrong.contains("ca.pem` is no file of an authority"), "{wrong}");
        assert!(wrong.ends_with("there is no certificate in PEM in it"), "{wrong}");
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        fs::write(&ca, made.cert.pem()).unwrap();
        assert!(provider().unwrap().unwrap().authority.is_some());
    }
}
