//! An OpenID provider that others wrote (npm's `oidc-provider`), and a browser that goes there and back.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use promptpilot_control_plane::{Oidc, Settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use reqwest::{Certificate, Client, ClientBuilder, Response, Url, header, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{Failure, Outcome, pilot::Pilot};

/// Where people reach the server: the provider sends browsers back to no other address.
pub(crate) const SITE: &str = "http://pilot.localhost";

/// A running provider.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    /// In PEM, the authority that has signed its certificate, where it has one.
    pub(crate) authority: Option<String>,
    _child: Child,
    _folder: TempDir,
}

impl Provider {
    /// A provider that knows these people.
    pub(crate) async fn of(people: Value) -> Result<Self, Failure> {
        Self::start(people, None).await
    }

    /// The same over TLS, by a certificate that an authority of its own has signed.
    pub(crate) async fn over_tls(people: Value) -> Result<Self, Failure> {
        let mut authority = CertificateParams::new([])?;
        authority.distinguished_name.push(DnType::CommonName, "Example's own");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?;
        let certificate = certificate.signed_by(&key, &authority)?;
        let pem = [authority.pem(), certificate.pem(), key.serialize_pem()];
        Self::start(people, Some(pem)).await
    }

    /// With an authority, a certificate and its key in PEM.
    async fn start(people: Value, tls: Option<[String; 3]>) -> Result<Self, Failure> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let hint = "PROMPTPILOT_JUDGES must name a folder with `oidc-provider`: run `make test`, or \
                    `scripts/need judges` and set it to target/judges";
        let judges = PathBuf::from(std::env::var_os("PROMPTPILOT_JUDGES").ok_or(hint)?);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/people");
        let own = tempfile::tempdir()?;
        let mut node = Command::new("node");
        node.arg(folder.join("oidc_provider.mjs"))
            .arg(judges)
            .arg(format!("{SITE}/api/oidc/callback"));
        let mut authority = None;
        if let Some([signer, certificate, key]) = tls {
            authority = Some(signer);
            for (name, pem) in [("provider.pem", certificate), ("provider.key", key)] {
                let path = own.path().join(name);
                std::fs::write(&path, pem)?;
                node.arg(path);
            }
        }
        let mut child = node.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(out).lines();
        // It warns of other things, too.
        let issuer = loop {
            let line = lines.next_line().await?.ok_or(hint)?;
            if line.starts_with("http") {
                break line;
            }
        };
        // What else it says is read, so that it never writes to nobody.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let provider = Self { issuer, authority, _child: child, _folder: own };
        provider.change("people", people).await?;
        Ok(provider)
    }

    /// Changes its `people`, the `keys` that it signs with, or the `forgery` in its tokens.
    pub(crate) async fn change(&self, what: &str, to: Value) -> Outcome {
        let url = format!("{}/test/{what}", self.issuer);
        self.client()?.build()?.put(url).body(to.to_string()).send().await?.error_for_status()?;
        Ok(())
    }

    /// What believes its certificate.
    fn client(&self) -> Result<ClientBuilder, Failure> {
        let client = Client::builder().no_proxy();
        let Some(authority) = &self.authority else { return Ok(client) };
        Ok(client.add_root_certificate(Certificate::from_pem(authority.as_bytes())?))
    }

    /// A server that people may sign in at by this provider.
    pub(crate) async fn pilot(&self, change: impl FnOnce(&mut Settings)) -> Result<Pilot, Failure> {
        Pilot::without_worker_with(|settings| {
            settings.public_url = Some(SITE.to_owned());
            settings.oidc = Some(Oidc {
                issuer: self.issuer.clone(),
                client_id: "pilot".to_owned(),
                client_secret: "s3cret/+%: of the pilot, long enough for HMAC".into(),
                authority: None,
                name: "Example".to_owned(),
                domains: Vec::new(),
            });
            change(settings);
        })
        .await
    }
}

/// What people begin at.
pub(crate) const BEGIN: &str = "/api/oidc/begin";

/// A person at a provider whose address is confirmed there.
pub(crate) fn confirmed(email: &str) -> Value {
    json!({ "email": email, "email_verified": true, "name": "Ada" })
}

/// A browser, as far as signing in goes: it keeps cookies, and goes where it is sent.
pub(crate) struct Browser<'a> {
    pilot: &'a Pilot,
    client: Client,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(pilot: &'a Pilot) -> Result<Self, Failure> {
        Self::of(pilot, Client::builder().no_proxy())
    }

    /// One that believes a provider's certificate.
    pub(crate) fn trusting(pilot: &'a Pilot, provider: &Provider) -> Result<Self, Failure> {
        Self::of(pilot, provider.client()?)
    }

    fn of(pilot: &'a Pilot, client: ClientBuilder) -> Result<Self, Failure> {
        let client = client.redirect(Policy::none()).build()?;
        Ok(Self { pilot, client, cookies: Vec::new() })
    }

    /// Opens an address; what is under the site's goes to the server of this test.
    async fn open(&mut self, url: &str) -> Result<Response, Failure> {
        let here = url.replacen(SITE, &self.pilot.url, 1);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.get(here).header(header::COOKIE, cookies.join("; "));
        let response = request.send().await?;
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str()?.split_once('=').ok_or("an odd cookie")?;
            let value = rest.split(';').next().unwrap_or_default().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value));
            }
        }
        Ok(response)
    }

    /// Where opening an address leads to.
    pub(crate) async fn sent(&mut self, url: &str) -> Result<String, Failure> {
        let response = self.open(url).await?;
        match response.headers().get(header::LOCATION) {
            Some(to) => Ok(to.to_str()?.to_owned()),
            None => Err(format!("{url}: {} {}", response.status(), response.text().await?).into()),
        }
    }

    /// Goes to the provider and signs in there; where it is sent back to.
    pub(crate) async fn at_provider(&mut self, begin: &str, who: &str) -> Result<String, Failure> {
        let url = self.sent(&format!("{SITE}{begin}")).await?;
        self.through(url, who).await
    }

    /// The same from an address of the provider's on.
    pub(crate) async fn through(&mut self, mut url: String, who: &str) -> Result<String, Failure> {
        for _ in 0..10 {
            if url.starts_with(SITE) {
                return Ok(url);
            }
            if url.contains("/interaction/") {
                url = format!("{url}?as={who}");
            }
            let next = self.sent(&url).await?;
            url = Url::parse(&url)?.join(&next)?.to_string();
        }
        Err(format!("sent around without end: {url}").into())
    }

    /// The whole way: the page that it ends at.
    pub(crate) async fn sign_in(&mut self, begin: &str, who: &str) -> Result<String, Failure> {
        let back = self.at_provider(begin, who).await?;
        self.sent(&back).await
    }

    /// What the server knows of who sits here.
    pub(crate) async fn me(&mut self) -> Result<Value, Failure> {
        let response = self.open(&format!("{SITE}/api/me")).await?;
        Ok(serde_json::from_str(&response.text().await?)?)
    }
}
