//! The API's connections where it has a certificate: TLS for everybody, and plain ones from this machine
//! alone, which other commands make.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::error::{Exit, Hint};

/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 22;

/// A client must have shaken hands within this time.
const WITHIN: Duration = Duration::from_secs(10);

/// Clients that shake hands at once; further ones wait.
const AT_ONCE: usize = 256;

/// How often the files are looked at: certificates are renewed while we run.
const LOOK: Duration = Duration::from_secs(60);

/// How long to rest where no connection can be accepted: others will be given back.
const REST: Duration = Duration::from_millis(10);

#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("could not read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("there is no certificate in PEM in `{}`", .0.display())]
    Certificate(PathBuf),
    #[error("there is no private key in PEM in `{}`", .0.display())]
    Key(PathBuf),
    #[error("the certificate cannot be used with that key")]
    Pair(#[source] rustls::Error),
}

impl Hint for TlsError {
    fn hint(&self) -> Option<String> {
        Some("mend `--tls-cert` or `--tls-key`".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A certificate and its key, in files that may be replaced.
pub(crate) struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    acceptor: TlsAcceptor,
    changed: Option<SystemTime>,
    looked: Instant,
}

impl Identity {
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            acceptor: acceptor(certificate, key)?,
            changed: changed(certificate),
            looked: Instant::now(),
        })
    }

    /// What answers the next client: the newest certificate that can be used.
    fn acceptor(&mut self) -> TlsAcceptor {
        if self.looked.elapsed() > LOOK {
            self.looked = Instant::now();
            self.renew();
        }
        self.acceptor.clone()
    }

    fn renew(&mut self) {
        let now = changed(&self.certificate);
        if now == self.changed {
            return;
        }
        match acceptor(&self.certificate, &self.key) {
            Ok(acceptor) => {
                self.acceptor = acceptor;
                self.changed = now;
            }
            Err(error) => tracing::warn!(%error, "the certificate is not renewed"),
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let read = |path: &Path| {
        fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
    };
    let no_certificate = || TlsError::Certificate(certificate.to_owned());
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| no_certificate())?;
    if chain.is_empty() {
        return Err(no_certificate());
    }
    let private =
        PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::Key(key.to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Io = Either<TcpStream, TlsStream<TcpStream>>;

/// Connections that are ready for requests. Hands are shaken beside one another: a slow client holds up
/// nobody.
pub(crate) struct Listener {
    ready: mpsc::Receiver<(Io, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listener {
    pub(crate) fn new(listener: TcpListener, identity: Identity) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (found, ready) = mpsc::channel(AT_ONCE);
        let accepting = tokio::spawn(accept(listener, identity, found));
        Ok(Self { ready, address, accepting })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for Listener {
    type Io = Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Io, SocketAddr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // It accepts as long as we are there.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}

async fn accept(
    listener: TcpListener,
    mut identity: Identity,
    found: mpsc::Sender<(Io, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (acceptor, found) = (identity.acceptor(), found.clone());
                tokio::spawn(async move {
                    let _place = place;
                    match timeout(WITHIN, open(stream, peer, acceptor)).await {
                        Ok(Some(io)) => found.send((io, peer)).await.unwrap_or_default(),
                        Ok(None) => {}
                        Err(_) => tracing::debug!("a client was too slow"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(REST).await;
            }
        }
    }
}

async fn open(stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor) -> Option<Io> {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first[0] == HANDSHAKE {
        let shaken = acceptor.accept(stream).await;
        return shaken
            .inspect_err(|error| tracing::debug!(%error, "no TLS"))
            .ok()
            .map(Either::Right);
    }
    is_here(&stream, peer).then_some(Either::Left(stream))
}

/// Whether the other end is on this machine.
fn is_here(stream: &TcpStream, peer: SocketAddr) -> bool {
    let ours = stream.local_addr().map(|address| address.ip()).ok();
    peer.ip().is_loopback() || ours == Some(peer.ip())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::Router;
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::plane;

    /// Writes a fresh certificate and its key; what clients are to trust.
    fn issue(certificate: &Path, key: &Path) -> reqwest::Certificate {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(certificate, made.cert.pem()).unwrap();
        fs::write(key, made.signing_key.serialize_pem()).unwrap();
        reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    }

    fn client(trusted: reqwest::Certificate) -> reqwest::Client {
        reqwest::Client::builder().tls_certs_only([trusted]).no_proxy().build().unwrap()
    }

    #[tokio::test]
    async fn clients_are_answered_over_tls_and_those_of_this_machine_without_it() {
        let _ = ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("pilot.crt"), folder.path().join("pilot.key"));
        let trusted = issue(&certificate, &key);
        let identity = Identity::read(&certificate, &key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let who = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
        let router = Router::new().route("/", get(who));
        let shutdown = CancellationToken::new();
        let server =
            tokio::spawn(plane::serve_site(listener, Some(identity), router, shutdown.clone()));
        // Somebody who never shakes hands holds up nobody.
        let _slow = TcpStream::connect(at).await.unwrap();
        for url in [format!("https://localhost:{}/", at.port()), format!("http://{at}/")] {
            let answer = client(trusted.clone()).get(&url).send().await.unwrap();
            assert_eq!(answer.text().await.unwrap(), "127.0.0.1", "{url}");
        }
        let other = issue(&folder.path().join("other.crt"), &folder.path().join("other.key"));
        let url = format!("https://localhost:{}/", at.port());
        assert!(client(other).get(&url).send().await.is_err(), "nobody else is trusted");
        shutdown.cancel();
        server.await.unwrap().unwrap();
    }

    #[test]
    fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
        let _ = ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("pilot.crt"), folder.path().join("pilot.key"));
        issue(&certificate, &key);
        let mut identity = Identity::read(&certificate, &key).unwrap();
        let config = |identity: &Identity| Arc::as_ptr(identity.acceptor.config());
        let first = config(&identity);
        identity.renew();
        assert_eq!(config(&identity), first, "nothing has changed");
        let later = SystemTime::now() + Duration::from_secs(60);
        fs::write(&certificate, "nothing").unwrap();
        fs::File::options().write(true).open(&certificate).unwrap().set_modified(later).unwrap();
        identity.renew();
        assert_eq!(config(&identity), first);
        issue(&certificate, &key);
        identity.renew();
        assert_ne!(config(&identity), first);
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("pilot.crt"), folder.path().join("pilot.key"));
        let refused = || Identity::read(&certificate, &key).err().unwrap().to_string();
        assert!(refused().starts_with("could not read"), "{}", refused());
        issue(&certificate, &key);
        fs::write(&key, "nothing").unwrap();
        assert!(refused().starts_with("there is no private key"), "{}", refused());
        fs::write(&certificate, "nothing").unwrap();
        assert!(refused().starts_with("there is no certificate"), "{}", refused());
    }
}
