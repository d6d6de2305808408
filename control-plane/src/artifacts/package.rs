//! A bootstrap in the zip that Lambda takes. The same bootstrap gives the same bytes, so their
//! hash tells whether the target has the code already.

use std::io::{Cursor, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// A packed bootstrap.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) zip: bytes::Bytes,
    /// What Lambda calls `CodeSha256`.
    pub(crate) code_sha256: String,
}

/// Packs a bootstrap: fixed time, fixed mode, one file.
pub(crate) fn pack(bootstrap: &[u8]) -> ZipResult<Package> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(bootstrap.len() / 2)));
    zip.start_file("bootstrap", options)?;
    zip.write_all(bootstrap)?;
    let zip = bytes::Bytes::from(zip.finish()?.into_inner());
    let code_sha256 = code_sha256(&zip);
    Ok(Package { zip, code_sha256 })
}

/// The hash that Lambda tells of a package.
pub(crate) fn code_sha256(zip: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(zip))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_same_bootstrap_gives_the_same_bytes() {
        let bootstrap = b"#!/bin/sh\n".repeat(1000);
        let (first, second) = (pack(&bootstrap).unwrap(), pack(&bootstrap).unwrap());
        assert_eq!(first.zip, second.zip);
        assert_eq!(first.code_sha256, second.code_sha256);
        assert_ne!(first.code_sha256, pack(b"other").unwrap().code_sha256);
    }

    #[test]
    fn the_bootstrap_may_be_run() {
        let package = pack(b"code").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(package.zip)).unwrap();
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut code = Vec::new();
        file.read_to_end(&mut code).unwrap();
        assert_eq!(code, b"code");
    }
}
