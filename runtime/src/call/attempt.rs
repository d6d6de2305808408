//! Attempts: one request to a model, from its first byte to the answer's last; and the race of two,
//! where nothing came of the first by the time that the definition gives.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant as Clock},
};

use futures::{FutureExt, StreamExt, future::BoxFuture};
use tokio::{
    sync::{Notify, mpsc},
    time::{timeout, timeout_at},
};

use super::{
    answer::turns_for,
    ask::Task,
    ledger::{Held, Hold, Ledger},
};
use crate::{
    endpoint::Model,
    log::{Level, log},
    provider::{Answer, Ask, Failure, Kind, Step, Turn},
    purse::{Allowance, NoMoney},
    transport,
};

/// When a caller may try again after nobody could say if there is money.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Largest answer that we read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Who of two runs.
const FIRST: usize = 1;
const SECOND: usize = 2;

/// What all attempts of a call share.
#[derive(Clone)]
pub(super) struct Attempts<'a> {
    pub(super) task: Task<'a>,
    /// Where text goes as it comes; its presence means streaming.
    pub(super) deltas: Option<mpsc::Sender<String>>,
    /// When the first text went there.
    pub(super) first_text: Arc<OnceLock<Clock>>,
}

/// Which attempt it is.
struct Run {
    /// Of all attempts of the call.
    number: u32,
    /// Of two that race.
    runner: usize,
    hold: Hold,
}

/// How an attempt ended.
#[derive(Default)]
struct Ending {
    status: Option<u16>,
    answer: Answer,
    failure: Option<Failure>,
}

impl Attempts<'_> {
    /// Asks a model, a second time beside the first if that says nothing for so long. What both took
    /// is in the ledger; `number` counts the attempts of the call.
    pub(super) async fn run(
        &self,
        model: &Model<'_>,
        turns: &[Turn],
        ledger: &mut Ledger,
        number: &mut u32,
    ) -> Result<Answer, Failure> {
        let race = Race::default();
        let (line, hold) = ledger.open_attempt(model);
        let run = Run { number: take_number(number), runner: FIRST, hold };
        let first = self.attempt(model, turns, run, &race);
        let Some(hedge) = self.task.function.endpoint.hedge_ms.map(Duration::from_millis) else {
            return first.await.close(model, ledger, line);
        };
        let mut first = first.boxed();
        let early = timeout(hedge, &mut first).await;
        if let Ok(ending) = early {
            return ending.close(model, ledger, line);
        }
        if race.is_won() {
            return first.await.close(model, ledger, line);
        }
        log(Level::Info, &format!("nothing came in {hedge:?}: asking a second time"));
        let (second_line, hold) = ledger.open_attempt(model);
        let run = Run { number: take_number(number), runner: SECOND, hold };
        let second = self.attempt(model, turns, run, &race).boxed();
        race.run(model, ledger, [Some((line, first)), Some((second_line, second))]).await
    }

    async fn attempt(&self, model: &Model<'_>, turns: &[Turn], run: Run, race: &Race) -> Ending {
        let mut ending = Ending::default();
        let Ending { status, answer, .. } = &mut ending;
        let may_tell = || race.claim(run.runner);
        let exchange = self.exchange(model, turns, &run, status, answer, &may_tell);
        let outcome = match timeout_at(self.task.deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::new(Kind::Timeout, "no answer within the call's time")),
        };
        ending.failure = match outcome {
            Ok(()) => ending.answer.refused(),
            Err(failure) => Some(failure),
        };
        ending
    }

    async fn exchange(
        &self,
        model: &Model<'_>,
        turns: &[Turn],
        run: &Run,
        status: &mut Option<u16>,
        answer: &mut Answer,
        may_tell: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), Failure> {
        let Task { function, traceparent, .. } = self.task;
        let (provider, endpoint) = (model.provider, function.endpoint);
        let response = self.task.response();
        let turns = turns_for(turns, response, model);
        let ask = Ask {
            endpoint: endpoint.name,
            model,
            key: self.task.key(model),
            turns: &turns,
            tools: endpoint.tools,
            response,
            stream: self.deltas.is_some(),
            attempt: run.number,
        };
        let mut request = provider.request(&ask);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let images = turns.iter().map(|turn| turn.media.len()).sum();
        let most = model.most_cost(request.body.len(), images, endpoint.tools.len());
        self.reserve(model, most, &run.hold).await?;
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
        if is_page(&reply.headers) {
            let what = "the provider answered with a web page: is `base_url` right?";
            return Err(Failure::new(Kind::Malformed, what));
        }
        match &self.deltas {
            Some(deltas) => self.read_stream(model, reply, deltas, answer, may_tell).await?,
            None => *answer = provider.answer(&whole(reply).await?)?,
        }
        if answer.finish.is_none() && answer.text.is_empty() && answer.calls.is_empty() {
            return Err(Failure::new(Kind::Malformed, "the provider's answer holds none"));
        }
        // What a log of the provider's is searched by is the header's.
        answer.request_id = request_id.or(answer.request_id.take());
        Ok(())
    }

    /// Sets aside the most that a request can cost, in micro-USD.
    async fn reserve(&self, model: &Model<'_>, most: u64, hold: &Hold) -> Result<(), Failure> {
        let Task { function, allowances, deadline, .. } = self.task;
        let Some(purse) = &function.purse else { return Ok(()) };
        let allowances = countable(model, allowances);
        if allowances.is_empty() || model.provider.is_free() {
            return Ok(());
        }
        let held = match purse.reserve(allowances, most, deadline).await {
            Ok(reservation) if reservation.is_nothing() => return Ok(()),
            Ok(reservation) => Held::Reserved(reservation),
            Err(NoMoney::Spent { place, retry_after }) => {
                let whose = allowances.get(place).map(Allowance::told).unwrap_or_default();
                let message = format!(
                    "the request was not sent: what it may cost is more than is left of {whose}"
                );
                let failure = Failure::new(Kind::Budget, message);
                return Err(Failure { retry_after: Some(retry_after), ..failure });
            }
            Err(NoMoney::Unreachable(error)) => {
                log(Level::Error, &format!("a budget could not be asked: {error}"));
                if !function.endpoint.unbudgeted {
                    let message = "the request was not sent: nobody can say what is left to spend";
                    let failure = Failure::new(Kind::Unguarded, message);
                    return Err(Failure { retry_after: Some(RETRY_AFTER), ..failure });
                }
                Held::Unguarded
            }
        };
        // Nobody else sets it: each attempt has a hold of its own.
        let _ = hold.set(held);
        Ok(())
    }

    async fn read_stream(
        &self,
        model: &Model<'_>,
        mut reply: transport::Reply,
        deltas: &mpsc::Sender<String>,
        answer: &mut Answer,
        may_tell: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), Failure> {
        let mut decoder = model.provider.decoder();
        while let Some(bytes) = reply.body.next().await {
            let bytes = bytes?;
            let mut rest = bytes.as_ref();
            while let Some(event) = decoder.next(&mut rest)? {
                let step = model.provider.event(event, answer)?;
                if let Step::Text(text) = step {
                    answer.text.push_str(&text);
                    self.tell(deltas, text, may_tell).await;
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

    async fn tell(
        &self,
        deltas: &mpsc::Sender<String>,
        text: String,
        may_tell: &(dyn Fn() -> bool + Sync),
    ) {
        if text.is_empty() {
            return;
        }
        if !may_tell() {
            // The other one was faster; this one is about to be cancelled.
            std::future::pending::<()>().await;
        }
        self.first_text.get_or_init(Clock::now);
        // Nobody takes it: then the call is about to be cancelled.
        let _ = deltas.send(text).await;
    }
}

/// The budgets that a request counts towards. What it costs where nobody knows the model's price, the
/// organization's cannot be told; those of definitions are refused beside such a model.
fn countable<'a>(model: &Model<'_>, allowances: &'a [Allowance]) -> &'a [Allowance] {
    match (model.price, allowances) {
        (None, [own @ .., last]) if last.limit.is_none() => own,
        (_, all) => all,
    }
}

fn take_number(number: &mut u32) -> u32 {
    let taken = *number;
    *number += 1;
    taken
}

impl Ending {
    /// Writes it into its line of the ledger.
    fn close(self, model: &Model<'_>, ledger: &mut Ledger, line: usize) -> Result<Answer, Failure> {
        let Self { status, answer, failure } = self;
        ledger.close_attempt(line, model, status, &answer, failure.as_ref());
        failure.map_or(Ok(answer), Err)
    }
}

/// Who of two speaks first. A stream's text comes from one of them.
#[derive(Default)]
struct Race {
    winner: AtomicUsize,
    won: Notify,
}

impl Race {
    fn is_won(&self) -> bool {
        self.winner.load(Ordering::Relaxed) != 0
    }

    /// Whether this one is first, or was.
    fn claim(&self, runner: usize) -> bool {
        let claimed = self.winner.compare_exchange(0, runner, Ordering::Relaxed, Ordering::Relaxed);
        if claimed.is_ok() {
            self.won.notify_one();
        }
        claimed.map_or_else(|winner| winner == runner, |_| true)
    }

    /// Runs both until one has answered. One that fails leaves the other to run; one that loses is
    /// dropped, and its line says that it was cancelled.
    async fn run(
        &self,
        model: &Model<'_>,
        ledger: &mut Ledger,
        mut runners: [Option<Runner<'_>>; 2],
    ) -> Result<Answer, Failure> {
        loop {
            let [first, second] = &mut runners;
            let (runner, ending) = tokio::select! {
                biased;
                () = self.won.notified() => {
                    let loser = if self.winner.load(Ordering::Relaxed) == FIRST { 1 } else { 0 };
                    if let Some((line, _)) = runners[loser].take() {
                        ledger.cancel_attempt(line);
                    }
                    continue;
                }
                ending = finish(first) => (0, ending),
                ending = finish(second) => (1, ending),
            };
            let Some((line, _)) = runners[runner].take() else { continue };
            let outcome = ending.close(model, ledger, line);
            match (&outcome, runners[1 - runner].take()) {
                (Err(failure), Some(other)) => {
                    log(Level::Info, &format!("one of two attempts failed: {failure}"));
                    runners[1 - runner] = Some(other);
                }
                (_, other) => {
                    if let Some((line, _)) = other {
                        ledger.cancel_attempt(line);
                    }
                    return outcome;
                }
            }
        }
    }
}

/// An attempt and its line in the ledger.
type Runner<'a> = (usize, BoxFuture<'a, Ending>);

async fn finish(runner: &mut Option<Runner<'_>>) -> Ending {
    match runner {
        Some((_, attempt)) => attempt.await,
        None => std::future::pending().await,
    }
}

/// Whether what comes is for people, and not what we asked for.
fn is_page(headers: &http::HeaderMap) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/html"))
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
