//! A streamed answer's pieces, whatever frames them. A stream has thousands of them, so they are lent
//! and not given: a decoder keeps one event at a time, and what is read out of it is borrowed where
//! it can be.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};

use super::Failure;

/// Takes a stream apart.
pub trait Decoder: Send {
    /// Takes bytes off the front until an event is whole; `None` once all of them are taken.
    fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Event<'_>>, Failure>;
}

/// One event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its name; empty where it has none.
    pub name: &'a str,
    /// Its data.
    pub data: &'a str,
}

impl<'a> Event<'a> {
    /// Its data as JSON.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, Failure> {
        serde_json::from_str(self.data).map_err(|error| Failure::malformed(&error))
    }

    /// Its name, or where it has none the `type` inside its data, which is the same in the protocols
    /// that tell events apart so.
    pub(crate) fn kind(&self) -> Result<Str<'a>, Failure> {
        // What an event is named that has no name of its own.
        if !matches!(self.name, "" | "message") {
            return Ok(Str(self.name.into()));
        }
        #[derive(Deserialize)]
        struct Tagged<'a> {
            #[serde(borrow)]
            r#type: Str<'a>,
        }
        Ok(self.json::<Tagged<'_>>()?.r#type)
    }
}

/// A text of JSON, borrowed where nothing in it is escaped. (`Option<Cow<str>>` never is.)
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Str<'a>(pub(crate) Cow<'a, str>);

impl Str<'_> {
    pub(crate) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl std::ops::Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(text.to_owned().into()))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// The first of a list, where the others are never asked for; a `null` is an empty list.
#[derive(Debug)]
pub(crate) struct First<T>(pub(crate) Option<T>);

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = First<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<First<T>, E> {
                Ok(First(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<First<T>, A::Error> {
                let first = list.next_element()?;
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_any(List(PhantomData))
    }
}
