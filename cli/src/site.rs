//! Where people reach the API: what `up` and `serve` are told of it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use promptpilot_control_plane::Settings;
use url::Url;

use crate::error::Failure;
use crate::tls::Identity;

/// How the API is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reached from elsewhere")]
pub(crate) struct SiteOptions {
    /// Where people reach the API, where that is another address than it listens at
    #[arg(long, value_name = "URL", env = "PROMPTPILOT_PUBLIC_URL")]
    public_url: Option<Url>,
    /// A host name, beside the loopback ones and the public one, that requests may be addressed to
    #[arg(long = "allowed-host", value_name = "NAME")]
    allowed_hosts: Vec<String>,
    /// A proxy that is believed when it says where a request comes from (`x-forwarded-for`)
    #[arg(long = "trusted-proxy", value_name = "ADDRESS")]
    trusted_proxies: Vec<IpAddr>,
    /// Certificate in PEM, and those that it was signed with: the API is spoken to over TLS, and without
    /// it from this machine alone. A renewed one is taken up within a minute
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl SiteOptions {
    /// The certificate, where there is one.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, Failure> {
        let Some((certificate, key)) = self.tls_files() else { return Ok(None) };
        Ok(Some(Identity::read(certificate, key)?))
    }

    /// The certificate's file, and its key's.
    pub(crate) fn tls_files(&self) -> Option<(&Path, &Path)> {
        self.tls_cert.as_deref().zip(self.tls_key.as_deref())
    }

    /// The public address, without the slash at its end.
    pub(crate) fn public_url(&self) -> Result<Option<String>, Failure> {
        self.public_url.as_ref().map(|url| base(url, "--public-url")).transpose()
    }

    /// Whether the public address is at the same host as another one.
    pub(crate) fn is_at(&self, url: &Url) -> bool {
        self.public_url.as_ref().is_some_and(|public| public.host() == url.host())
    }

    /// Tells the control plane.
    pub(crate) fn apply(self, settings: &mut Settings) -> Result<(), Failure> {
        settings.public_url = self.public_url()?;
        settings.allowed_hosts = self.allowed_hosts;
        let host = self.public_url.as_ref().and_then(Url::host_str);
        settings.allowed_hosts.extend(host.map(ToOwned::to_owned));
        settings.trusted_proxies = self.trusted_proxies;
        Ok(())
    }
}

/// What other addresses begin with, without the slash at its end.
pub(crate) fn base(url: &Url, flag: &str) -> Result<String, Failure> {
    let is_base = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if !is_base {
        let what = format!("`{flag}` has more or less than a scheme, a host and a port");
        return Err(Failure::usage(what).hint("write it as `https://pilot.example.com`"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> SiteOptions {
        SiteOptions {
            public_url: Some(url.parse().unwrap()),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
        }
    }

    #[test]
    fn a_site_is_a_scheme_a_host_and_a_port() {
        let url = |url| options(url).public_url().map_err(|failure| failure.message);
        assert_eq!(
            url("https://pilot.example.com/"),
            Ok(Some("https://pilot.example.com".to_owned()))
        );
        assert_eq!(url("http://10.0.0.1:8080"), Ok(Some("http://10.0.0.1:8080".to_owned())));
        for odd in
            ["ftp://pilot.example.com", "https://example.com/pilot", "https://jo@example.com"]
        {
            assert!(url(odd).is_err(), "{odd}");
        }
    }
}
