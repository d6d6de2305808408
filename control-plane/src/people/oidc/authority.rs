//! An authority that is none of the well-known, by which a provider's certificate is signed.

use rustls::{
    RootCertStore,
    pki_types::{
        CertificateDer, TrustAnchor,
        pem::{self, PemObject},
    },
};

/// Certificates that are believed beside the well-known ones, in requests to the provider and in no others.
#[derive(Debug, Clone)]
pub struct Authority {
    roots: Vec<TrustAnchor<'static>>,
}

/// Why a file is none of an authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Nothing between lines of `BEGIN CERTIFICATE` and `END CERTIFICATE`.
    #[error("there is no certificate in PEM in it")]
    Missing,
    /// What should be PEM is cut off, or garbled.
    #[error("it is no PEM")]
    Pem(#[source] pem::Error),
    /// PEM of something else.
    #[error("its certificate number {number} cannot be used")]
    Certificate {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        source: rustls::Error,
    },
}

impl Authority {
    /// The authority of one or more certificates in PEM.
    ///
    /// # Errors
    /// When there is none, or one that is not whole.
    pub fn from_pem(text: &[u8]) -> Result<Self, AuthorityError> {
        let mut store = RootCertStore::empty();
        for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(text)) {
            let certificate = certificate.map_err(AuthorityError::Pem)?;
            store
                .add(certificate)
                .map_err(|source| AuthorityError::Certificate { number, source })?;
        }
        match store.is_empty() {
            true => Err(AuthorityError::Missing),
            false => Ok(Self { roots: store.roots }),
        }
    }

    pub(super) fn roots(&self) -> Vec<TrustAnchor<'static>> {
        self.roots.clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_told_apart() {
        let made = rcgen::generate_simple_self_signed(["id.example.com".to_owned()]).unwrap();
        let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let two = Authority::from_pem(format!("of two\n{pem}\n{pem}").as_bytes()).unwrap();
        assert_eq!(two.roots().len(), 2);
        let garbled = pem.replacen("MII", "!!!", 1);
        let other = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        let second = format!("{pem}{other}");
        for (text, told) in [
            ("", "there is no certificate in PEM in it"),
            (&*key, "there is no certificate in PEM in it"),
            (&pem[..200], "it is no PEM"),
            (&*garbled, "it is no PEM"),
            (&*second, "its certificate number 2 cannot be used"),
        ] {
            let error = Authority::from_pem(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), told, "{text}");
        }
    }
}
