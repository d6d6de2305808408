//! Lists come in pages, newest first; the next page begins after an item, not at a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Items in a page where nobody says how many.
const USUAL: u16 = 50;

/// Which page.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Paging<C = Uuid> {
    /// Items in the page.
    #[serde(default, deserialize_with = "bounded")]
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u16>,
    /// The page before's `next`: where this one begins.
    pub(crate) after: Option<C>,
}

fn bounded<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let limit = Option::<u16>::deserialize(from)?;
    match limit {
        Some(limit) if !(1..=500).contains(&limit) => {
            Err(serde::de::Error::custom("`limit` is 1 to 500"))
        }
        limit => Ok(limit),
    }
}

impl<C> Paging<C> {
    /// Items in a page.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.limit.unwrap_or(USUAL))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page from up to one item more than fits, whose existence tells that there is more.
    pub(crate) fn new<C: ToString>(
        mut items: Vec<T>,
        limit: i64,
        cursor: impl Fn(&T) -> C,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|item| cursor(item).to_string());
        Self { items, next }
    }
}
