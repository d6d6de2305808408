//! Asks the endpoint's models until one has answered: repeats what may succeed later, goes on to the
//! next model when one has failed for good, and keeps to the time the call has.

use std::time::Duration;

use futures::StreamExt;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};

use super::{answer::turns_for, headers::CallHeaders, ledger::Ledger};
use crate::{
    endpoint::Model,
    function::Function,
    log::{Level, log},
    problem::{PROVIDER_FAILED, PROVIDER_REFUSED, Problem, TIMEOUT},
    provider::{Answer, Ask, Failure, Kind, Step, Turn},
    transport,
};

/// First wait between two attempts at most; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// No wait of our own is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Largest answer that we read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

pub(crate) struct Asker<'a> {
    pub(crate) function: &'a Function,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) deadline: Instant,
    pub(crate) traceparent: Option<&'a str>,
    /// Where text goes as it comes; its presence means streaming.
    pub(crate) deltas: Option<mpsc::Sender<String>>,
    /// The models that may be asked, by their place among all.
    order: Vec<usize>,
    /// Whose turn it is, of these.
    turn: usize,
    attempts: u32,
    told: bool,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(
        function: &'a Function,
        ledger: &'a mut Ledger,
        deadline: Instant,
        headers: &'a CallHeaders,
    ) -> Self {
        let (deltas, turn, attempts, told) = (None, 0, 0, false);
        let traceparent = headers.traceparent.as_deref();
        let order = function.endpoint.order(headers.user.as_deref());
        Self { function, ledger, deadline, traceparent, deltas, order, turn, attempts, told }
    }

    /// The first answer. A later call begins with the model that answered.
    pub(crate) async fn ask(&mut self, turns: &[Turn]) -> Result<Answer, Problem> {
        let mut reasons = Vec::new();
        loop {
            let place = self.order.get(self.turn).copied();
            let found =
                place.and_then(|it| Some((it, self.function.endpoint.all_models().nth(it)?)));
            let Some((place, model)) = found else {
                return Err(Problem::new(PROVIDER_FAILED, "the endpoint names no model"));
            };
            let provider = model.provider.name();
            if self.function.circuits.skips(&self.order[self.turn..], Instant::now()) {
                reasons.push(format!("{provider}: left out, since it kept failing"));
                self.turn += 1;
                continue;
            }
            let outcome = self.ask_model(model, turns).await;
            self.function.circuits.note(place, outcome.as_ref().err(), Instant::now());
            let failure = match outcome {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            reasons.push(failure.for_callers(provider));
            if !self.has_other() || self.told || failure.kind == Kind::Timeout {
                return Err(problem(&failure, &reasons));
            }
            self.turn += 1;
        }
    }

    /// Whether another model could still be asked.
    fn has_other(&self) -> bool {
        self.turn + 1 < self.order.len()
    }

    /// One model, with its repeats.
    async fn ask_model(
        &mut self,
        model: &'static Model,
        turns: &[Turn],
    ) -> Result<Answer, Failure> {
        let mut repeats = 0;
        loop {
            let failure = match self.attempt(model, turns).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait_before_repeat(&failure, repeats) else {
                log(Level::Warn, &failure.for_callers(model.provider.name()));
                return Err(failure);
            };
            log(Level::Info, &format!("attempt failed, again in {wait:?}: {failure}"));
            let since = std::time::Instant::now();
            sleep(wait).await;
            self.ledger.note_backoff(since);
            repeats += 1;
        }
    }

    /// How long to wait before the same model is asked again; `None` where it is not.
    fn wait_before_repeat(&self, failure: &Failure, repeats: u8) -> Option<Duration> {
        // An overloaded provider will be so for a while; where there is another, it is asked.
        let is_overloaded = failure.kind == Kind::Overloaded && self.has_other();
        let is_spent = repeats >= self.function.endpoint.retries;
        if self.told || !failure.retry || is_spent || is_overloaded {
            return None;
        }
        let wait = failure.retry_after.unwrap_or_else(|| backoff(repeats));
        // A provider may ask for a wait that no clock can hold.
        let until = Instant::now().checked_add(wait)?;
        (until < self.deadline).then_some(wait)
    }

    /// One request, from its first byte to the answer's last, and its line in the ledger.
    async fn attempt(&mut self, model: &'static Model, turns: &[Turn]) -> Result<Answer, Failure> {
        self.ledger.open_attempt(model);
        let mut status = None;
        let mut answer = Answer::default();
        let deadline = self.deadline;
        let exchange = self.exchange(model, turns, &mut status, &mut answer);
        let outcome = match timeout_at(deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::new(Kind::Timeout, "no answer within the call's time")),
        };
        let outcome = outcome.and_then(|()| answer.refused().map_or(Ok(()), Err));
        self.ledger.close_attempt(model, status, &answer, outcome.as_ref().err());
        outcome.map(|()| answer)
    }

    async fn exchange(
        &mut self,
        model: &'static Model,
        turns: &[Turn],
        status: &mut Option<u16>,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let provider = model.provider;
        let response = &self.function.endpoint.response;
        let turns = turns_for(turns, response, model);
        let ask = Ask {
            endpoint: self.function.endpoint.name,
            model,
            key: model.key.and_then(|variable| self.function.key(variable)),
            turns: &turns,
            tools: self.function.endpoint.tools,
            response,
            stream: self.deltas.is_some(),
            attempt: self.attempts,
        };
        self.attempts += 1;
        let mut request = provider.request(&ask);
        if let Some(traceparent) = self.traceparent {
            request = request.header("traceparent", traceparent);
        }
        let reply = provider.transport().send(request).await?;
        *status = Some(reply.status);
        let request_id = provider.request_id(&reply.headers);
        answer.request_id.clone_from(&request_id);
        if !(200..300).contains(&reply.status) {
            let (status, headers) = (reply.status, reply.headers.clone());
            // An error whose body breaks off is still that error.
            let body = whole(reply).await.unwrap_or_default();
            return Err(provider.failure(status, &headers, &body));
        }
        match self.deltas.clone() {
            Some(deltas) => self.read_stream(model, reply, &deltas, answer).await?,
            None => *answer = provider.answer(&whole(reply).await?)?,
        }
        // What a log of the provider's is searched by is the header's.
        answer.request_id = request_id.or(answer.request_id.take());
        Ok(())
    }

    async fn read_stream(
        &mut self,
        model: &'static Model,
        mut reply: transport::Reply,
        deltas: &mpsc::Sender<String>,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let mut decoder = model.provider.decoder();
        while let Some(bytes) = reply.body.next().await {
            let bytes = bytes?;
            let mut rest = bytes.as_ref();
            while let Some(event) = decoder.next(&mut rest)? {
                let step = model.provider.event(event, answer)?;
                if let Step::Text(text) = step {
                    answer.text.push_str(&text);
                    self.tell(deltas, text).await;
                } else if step == Step::Done {
                    return Ok(());
                }
                if answer.size() > MAX_ANSWER {
                    return Err(too_large());
                }
            }
        }
        if model.provider.may_end(answer) {
            return Ok(());
        }
        Err(Failure::new(Kind::Truncated, "the stream ended before its end"))
    }

    async fn tell(&mut self, deltas: &mpsc::Sender<String>, text: String) {
        if !text.is_empty() {
            self.told = true;
            self.ledger.note_first_token();
            // Nobody takes it: then the call is about to be cancelled.
            let _ = deltas.send(text).await;
        }
    }
}

async fn whole(mut reply: transport::Reply) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(bytes) = reply.body.next().await {
        body.extend_from_slice(&bytes?);
        if body.len() > MAX_ANSWER {
            return Err(too_large());
        }
    }
    Ok(body)
}

fn too_large() -> Failure {
    Failure::new(Kind::Malformed, format!("the answer is larger than {MAX_ANSWER} bytes"))
}

/// Full jitter: anything up to a bound that doubles, so that callers who failed together do not
/// come back together.
fn backoff(repeats: u8) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << repeats.min(10)).min(LONGEST_WAIT);
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    bound.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

fn problem(failure: &Failure, reasons: &[String]) -> Problem {
    let detail = reasons.join("; then ");
    match failure.kind {
        Kind::Timeout => Problem::new(TIMEOUT, detail),
        Kind::Refusal => Problem::new(PROVIDER_REFUSED, detail),
        _ => Problem::new(PROVIDER_FAILED, detail),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_double_up_to_a_bound(repeats in any::<u8>()) {
            let bound = Duration::from_millis(500 * (1 << repeats.min(4)));
            prop_assert!(backoff(repeats) <= bound.min(LONGEST_WAIT));
        }
    }
}
