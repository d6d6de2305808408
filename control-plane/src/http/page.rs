//! Lists come in pages, newest first; the next page begins after an item, not at a number.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which page.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Paging {
    limit: Option<u16>,
    /// The id of the last item seen.
    pub(crate) after: Option<Uuid>,
}

impl Paging {
    /// Items in a page.
    pub(crate) fn limit(self) -> i64 {
        i64::from(self.limit.unwrap_or(50).clamp(1, 500))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; absent on the last one.
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// A page from up to one item more than fits, whose existence tells that there is more.
    pub(crate) fn new(mut items: Vec<T>, limit: i64, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(id) } else { None };
        Self { items, next }
    }
}
