//! What is to be kept of a call, and where: for repeats, for others who ask the same, and for those who
//! wait for it in this process.

use std::time::Duration;

use promptpilot_spec::state::Finish;
use tokio::time::Instant;

use super::{
    flights::{Flights, Lead},
    kept::Kept,
};
use crate::{
    endpoint::Cache,
    log::{Level, log},
    state::State,
};

/// How long is waited for the store once the caller has the answer.
const TO_FINISH: Duration = Duration::from_secs(2);

/// What is to be kept of a call, and where.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) state: Option<&'a State>,
    pub(super) repeat: Option<String>,
    pub(super) cache: Option<Slot>,
    pub(super) lead: Option<Lead<'a>>,
    /// What is to be kept of an answer that is made anew after an old one has been given.
    refresh: Option<Box<Self>>,
}

/// An answer's place in memory.
pub(super) struct Slot {
    pub(super) key: String,
    pub(super) times: Cache,
}

impl<'a> Entry<'a> {
    /// The answer is too old: who is first of this process makes it anew, the others go on.
    pub(super) fn refresh_by(&mut self, flights: &'a Flights) {
        let Some(cache) = self.cache.take() else { return };
        let Some(lead) = flights.lead(&cache.key) else { return };
        let (state, cache, lead) = (self.state, Some(cache), Some(lead));
        self.refresh = Some(Box::new(Self { state, cache, lead, ..Self::default() }));
    }

    /// Where the answer goes that is to be made anew, if this call is the one to do that.
    pub(super) fn take_refresh(&mut self) -> Option<Self> {
        self.refresh.take().map(|refresh| *refresh)
    }

    /// Keeps the answer before the caller has it, where it may be asked for again at once.
    pub(super) async fn keep(&mut self, kept: &Kept) {
        if self.repeat.is_some() {
            std::mem::take(self).close(Some(kept)).await;
        }
    }

    /// Keeps the answer, for repeats and for others. Without one the caller may try again.
    pub(super) async fn close(self, kept: Option<&Kept>) {
        if let (Some(lead), Some(kept)) = (&self.lead, kept) {
            lead.land(kept);
        }
        let Some(state) = self.state else { return };
        let answer = kept.and_then(|kept| match &self.cache {
            Some(slot) => kept.good_for(slot.times).write(),
            None => kept.write(),
        });
        let cache = self.cache.map(|Slot { key, times }| (key, times.kept_ms()));
        let finish = Finish { repeat: self.repeat, cache, answer };
        let is_idle =
            finish.repeat.is_none() && (finish.cache.is_none() || finish.answer.is_none());
        if is_idle {
            return;
        }
        if let Err(error) = state.finish(&finish, Instant::now() + TO_FINISH).await {
            log(Level::Warn, &format!("an answer could not be kept: {error}"));
        }
    }
}
