//! The key pair of this host, made at its first start.

use std::fmt;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::store::read_or_create_private;

/// What a client signs its requests with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
}

impl Credentials {
    /// Reads the keys, or makes them.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let bytes = read_or_create_private(path, || Ok(serde_json::to_vec(&Self::generate()?)?))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn generate() -> io::Result<Self> {
        let mut random = [0_u8; 28];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let (id, secret) = random.split_at(8);
        Ok(Self {
            access_key_id: format!("LLKA{}", hex::encode_upper(id)),
            secret_access_key: hex::encode(secret),
        })
    }

    /// The public half.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret half.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
