//! Callers of one process who ask the same at the same time: one of them asks the model, the others
//! get its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::kept::Kept;

/// What is under way, by the key of the answer to come.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<Under>);

type Under = HashMap<String, watch::Receiver<Option<Arc<Kept>>>>;

/// Who asks the model. The others wait until it is dropped.
#[derive(Debug)]
pub(super) struct Lead<'a> {
    flights: &'a Flights,
    key: String,
    answer: watch::Sender<Option<Arc<Kept>>>,
}

/// What somebody is who asks.
#[derive(Debug)]
pub(super) enum Seat<'a> {
    Lead(Lead<'a>),
    /// Somebody else has asked, and this is the answer.
    Answered(Arc<Kept>),
}

impl Flights {
    /// Takes the lead, or waits for whoever has it.
    pub(super) async fn join(&self, key: &str) -> Seat<'_> {
        loop {
            let mut ahead = match self.seat(key) {
                Ok(lead) => return Seat::Lead(lead),
                Err(ahead) => ahead,
            };
            let answer = ahead.wait_for(Option::is_some).await;
            if let Ok(Some(kept)) = answer.as_deref() {
                return Seat::Answered(Arc::clone(kept));
            }
            // The one ahead had no answer: somebody else tries.
        }
    }

    /// Takes the lead, if nobody has it.
    pub(super) fn lead(&self, key: &str) -> Option<Lead<'_>> {
        self.seat(key).ok()
    }

    fn seat(&self, key: &str) -> Result<Lead<'_>, watch::Receiver<Option<Arc<Kept>>>> {
        let mut under = self.lock();
        if let Some(ahead) = under.get(key) {
            return Err(ahead.clone());
        }
        let (answer, receiver) = watch::channel(None);
        under.insert(key.to_owned(), receiver);
        Ok(Lead { flights: self, key: key.to_owned(), answer })
    }

    fn lock(&self) -> MutexGuard<'_, Under> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead<'_> {
    /// Tells the others.
    pub(super) fn land(&self, kept: &Kept) {
        self.answer.send_replace(Some(Arc::new(kept.clone())));
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    fn kept() -> Kept {
        let kept = json!({ "model": null, "finish": null, "cost": 7, "text": "t", "value": 1 });
        Kept::read(&kept.to_string()).expect("an answer")
    }

    #[tokio::test]
    async fn one_asks_and_all_are_answered() {
        let (flights, asked) = (Flights::default(), AtomicUsize::new(0));
        let ask = async || match flights.join("k").await {
            Seat::Lead(lead) => {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                lead.land(&kept());
                7
            }
            Seat::Answered(kept) => kept.cost.unwrap_or_default(),
        };
        let answers = futures::future::join_all((0..20).map(|_| ask())).await;
        assert_eq!((answers, asked.load(Ordering::Relaxed)), (vec![7; 20], 1));
    }

    #[tokio::test]
    async fn after_a_failure_the_next_one_asks() {
        let flights = Flights::default();
        let Seat::Lead(first) = flights.join("k").await else { panic!("the lead") };
        let waiting = flights.join("k");
        let fail = async { drop(first) };
        let (second, ()) = tokio::join!(waiting, fail);
        assert!(matches!(second, Seat::Lead(_)));
    }
}
