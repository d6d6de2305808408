//! What several readers ask for at the same time is found out once.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

/// Answers that are kept: enough for readers who come a little later than the first.
const KEPT: usize = 64;

/// The last answers, each with what was asked. What is asked must tell all that the answer depends on.
pub(super) struct Together<K, V> {
    answers: Mutex<VecDeque<(K, Arc<OnceCell<V>>)>>,
}

impl<K: PartialEq, V: Clone> Together<K, V> {
    /// The answer. It is found out by the first who asks, and by the next one where that one gave up or
    /// failed.
    pub(super) async fn ask<E>(
        &self,
        question: K,
        answer: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        self.cell(question).get_or_try_init(|| answer).await.cloned()
    }

    fn cell(&self, question: K) -> Arc<OnceCell<V>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = answers.iter().rev().find(|(asked, _)| *asked == question) {
            return Arc::clone(cell);
        }
        let cell = Arc::new(OnceCell::new());
        answers.push_back((question, Arc::clone(&cell)));
        if answers.len() > KEPT {
            answers.pop_front();
        }
        cell
    }
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self { answers: Mutex::default() }
    }
}

impl<K, V> fmt::Debug for Together<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Together")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn one_of_those_who_ask_together_finds_out() {
        let (together, asked) = (Together::default(), AtomicUsize::new(0));
        let find_out = || async {
            yield_now().await;
            Ok::<_, ()>(asked.fetch_add(1, Ordering::Relaxed))
        };
        let answers = tokio::join!(
            together.ask("first", find_out()),
            together.ask("first", find_out()),
            together.ask("second", find_out()),
        );
        assert_eq!(answers.0, answers.1);
        assert_ne!(answers.0, answers.2);
        assert_eq!(together.ask("first", find_out()).await, answers.0);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let together = Together::default();
        assert_eq!(together.ask(1, async { Err::<(), _>("away") }).await, Err("away"));
        assert_eq!(together.ask(1, async { Ok::<_, &str>(()) }).await, Ok(()));
    }

    #[tokio::test]
    async fn old_answers_are_let_go_of() {
        let together = Together::default();
        for question in 0..1000 {
            together.ask(question, async { Ok::<_, ()>(question) }).await.unwrap();
        }
        assert_eq!(together.answers.lock().unwrap().len(), KEPT);
    }
}
