//! A streamed answer's pieces, whatever frames them.

use serde::Deserialize;

use super::Failure;

/// Takes a stream apart.
pub trait Decoder: Send {
    /// Takes the next bytes and gives the events that they complete.
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Failure>;
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Event {
    /// Its data as JSON.
    pub(crate) fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Failure> {
        serde_json::from_str(&self.data).map_err(|error| Failure::malformed(&error))
    }

    /// The `type` inside its data, by which some protocols tell events apart.
    pub(crate) fn kind(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Tagged {
            r#type: String,
        }
        Ok(self.json::<Tagged>()?.r#type)
    }
}
