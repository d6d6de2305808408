//! A mail server that others wrote: aiosmtpd, with a certificate of its own, which asks for a password.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use promptpilot_control_plane::{Mail, MailServer};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::support::Failure;

/// How long a letter may be under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    lines: Lines<BufReader<ChildStdout>>,
    ports: Ports,
    authority: String,
    _child: Child,
    _folder: tempfile::TempDir,
}

#[derive(Deserialize)]
struct Ports {
    starttls: u16,
    tls: u16,
    plain: u16,
}

/// A letter that was handed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: Vec<String>,
    pub(crate) sender: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) tls: bool,
}

impl Letter {
    /// The only link in it.
    pub(crate) fn link(&self) -> &str {
        let mut links = self.text.lines().filter(|line| line.starts_with("https://"));
        let link = links.next().unwrap_or_default();
        assert!(!link.is_empty() && links.next().is_none(), "{}", self.text);
        link
    }

    /// What the link carries.
    pub(crate) fn token(&self) -> &str {
        self.link().split_once("?token=").map_or("", |(_, token)| token)
    }
}

impl Server {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (certificate, key) = (folder.path().join("mail.crt"), folder.path().join("mail.key"));
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/people/mail_server.py");
        let mut child = Command::new(python()?)
            .arg(script)
            .args([&certificate, &key])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(out).lines();
        let ports = lines.next_line().await?.ok_or("the mail server ended")?;
        Ok(Self {
            ports: serde_json::from_str(&ports)?,
            lines,
            authority: made.cert.pem(),
            _child: child,
            _folder: folder,
        })
    }

    /// Where mail goes: by STARTTLS.
    pub(crate) fn starttls(&self) -> Result<Mail, Failure> {
        self.mail(&format!(
            "smtp://pilot%40example.com:p%2Fw%40x@localhost:{}",
            self.ports.starttls
        ))
    }

    /// Where mail goes: by TLS from the first byte.
    pub(crate) fn tls(&self) -> Result<Mail, Failure> {
        self.mail(&format!("smtps://pilot%40example.com:p%2Fw%40x@localhost:{}", self.ports.tls))
    }

    /// Where mail should go by STARTTLS, and cannot.
    pub(crate) fn without_starttls(&self) -> Result<Mail, Failure> {
        self.mail(&format!("smtp://localhost:{}", self.ports.plain))
    }

    /// Without TLS, where that was asked for.
    pub(crate) fn plain(&self) -> Result<Mail, Failure> {
        self.mail(&format!("smtp://127.0.0.1:{}?tls=none", self.ports.plain))
    }

    fn mail(&self, url: &str) -> Result<Mail, Failure> {
        let from = "Prompt Pilot <pilot@example.com>";
        Ok(Mail::Server(MailServer::new(url, from, Some(self.authority.as_bytes()))?))
    }

    /// The next letter.
    pub(crate) async fn letter(&mut self) -> Result<Letter, Failure> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.map_err(|_| "no letter came")?;
        Ok(serde_json::from_str(&line?.ok_or("the mail server ended")?)?)
    }
}

fn python() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_JUDGES must name a virtual environment with aiosmtpd: run `make test`, or \
                `scripts/need judges` and set it to target/judges";
    let folder = std::env::var_os("PROMPTPILOT_JUDGES").ok_or(hint)?;
    Ok(Path::new(&folder).join("bin/python"))
}
