//! TLS: the certificate that clients are shown.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::settings::{Settings, Tls};
use crate::store::{read_or_create_private, replace};

/// The first byte of a TLS connection.
pub(super) const HANDSHAKE: u8 = 22;

/// What answers TLS connections, `None` where none was asked for.
pub(crate) fn acceptor(settings: &Settings) -> io::Result<Option<TlsAcceptor>> {
    let (certificates, key) = match &settings.tls {
        None => return Ok(None),
        Some(Tls::Given { certificate, key }) => (read(certificate)?, read(key)?),
        Some(Tls::SelfMade) => {
            let pem = self_made(settings)?;
            (pem.clone(), pem)
        }
    };
    let certificates = CertificateDer::pem_slice_iter(&certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(invalid)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(invalid)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(invalid)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(invalid)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Key and certificate, made at the first start and kept: clients are told to trust it once.
fn self_made(settings: &Settings) -> io::Result<Vec<u8>> {
    let names = [
        "localhost".to_owned(),
        format!("*.lambda-url.{}.localhost", settings.region),
        settings.listen.ip().to_string(),
    ];
    let pem = read_or_create_private(&settings.key_file.with_extension("pem"), || {
        let made = rcgen::generate_simple_self_signed(names).map_err(invalid)?;
        Ok((made.signing_key.serialize_pem() + &made.cert.pem()).into_bytes())
    })?;
    let certificate = CertificateDer::pem_slice_iter(&pem).next();
    if let Some(Ok(_)) = certificate {
        let start = pem.windows(BEGIN.len()).position(|window| window == BEGIN).unwrap_or(0);
        replace(&settings.certificate_file(), &pem[start..])?;
    }
    Ok(pem)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE";

fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
