//! Keeps account of one call while it runs, so that there is a true record whenever it ends, also by
//! a panic or because the caller went away.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use promptpilot_spec::record::{
    Attempt, Cache, CallRecord, Delivered, Finish, START_KIND, Served, Source, StartRecord, VERSION,
};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{body, headers::CallHeaders, kept::Kept};
use crate::{
    endpoint::{Endpoint, Field, Log, Model},
    function::Function,
    problem::Problem,
    provider::{Answer, Failure, Kind, Usage},
    purse::{Purse, Reservation},
};

/// What an attempt set aside before it was sent; empty where it needs no money, or was not sent.
pub(super) type Hold = Arc<OnceLock<Held>>;

/// Money of an attempt.
#[derive(Debug)]
pub(super) enum Held {
    /// Set aside.
    Reserved(Reservation),
    /// Spent without anybody to ask.
    Unguarded,
}

/// Longest `detail` kept, in characters.
const MAX_DETAIL: usize = 1000;

pub(crate) struct Ledger {
    endpoint: &'static Endpoint,
    record: CallRecord,
    arrived: Instant,
    purse: Option<Purse>,
    /// Attempts that now run.
    running: Vec<Running>,
    /// Since when there is one without a gap.
    busy: Instant,
    /// When the first text went to the caller.
    first_text: Arc<OnceLock<Instant>>,
    /// Work that comes after the answer does not count towards the time it took.
    answered: bool,
}

struct Running {
    /// Its place in the record.
    line: usize,
    begun: Instant,
    hold: Hold,
}

impl Ledger {
    pub(crate) fn open(
        function: &Function,
        call_id: Uuid,
        platform_request_id: &str,
        source: Source,
        arrived: Instant,
    ) -> Self {
        let (identity, endpoint_name) =
            (function.identity.clone(), function.endpoint.name.to_owned());
        let by = Served { identity, endpoint_name };
        let record = CallRecord {
            platform_request_id: Some(platform_request_id.to_owned()).filter(|id| !id.is_empty()),
            cold_start: function.is_cold(),
            ..CallRecord::begun(call_id, OffsetDateTime::now_utc(), source, by)
        };
        let (running, busy, first_text) = (Vec::new(), arrived, Arc::default());
        let (endpoint, purse) = (function.endpoint, function.purse.clone());
        let answered = false;
        Self { endpoint, record, arrived, purse, running, busy, first_text, answered }
    }

    /// What is written before the work begins.
    pub(crate) fn start_record(&self) -> StartRecord {
        StartRecord {
            kind: START_KIND.to_owned(),
            v: VERSION,
            call_id: self.record.call_id,
            time: self.record.time,
            platform_request_id: self.record.platform_request_id.clone(),
            source: self.record.source,
        }
    }

    /// The record so far.
    pub(crate) fn record(&self) -> &CallRecord {
        &self.record
    }

    pub(crate) fn note_key(&mut self, id: Uuid) {
        self.record.key_id = Some(id);
    }

    /// Something was decided without the state store.
    pub(crate) fn note_state_failed(&mut self, what: &str) {
        self.record.state_failed.push(what.to_owned());
    }

    pub(super) fn note_cache(&mut self, outcome: Cache) {
        self.record.cache = outcome;
    }

    /// The call is answered by what was kept of another.
    pub(super) fn note_kept(&mut self, kept: &Kept) {
        self.record.model_answered.clone_from(&kept.model);
        self.record.finish = kept.finish;
        self.record.saved_micro_usd = kept.cost.unwrap_or_default();
    }

    pub(crate) fn note_headers(&mut self, headers: &CallHeaders) {
        self.record.trace_id = headers.trace_id().map(str::to_owned);
        self.record.country.clone_from(&headers.country);
        if self.endpoint.log != Log::None {
            self.record.user.clone_from(&headers.user);
            self.record.metadata.clone_from(&headers.metadata);
        }
    }

    /// A request that is no JSON object: there is no telling what is sensitive in it.
    pub(crate) fn note_raw_request(&mut self, bytes: &[u8]) {
        if self.endpoint.log == Log::Full
            && !self.endpoint.request.iter().any(body::holds_sensitive)
        {
            self.record.request = Some(body::keep(bytes));
        }
    }

    pub(crate) fn note_request(&mut self, request: &Value) {
        if self.endpoint.log == Log::Full {
            self.record.request = Some(body::keep_json(request, self.endpoint.request));
        }
    }

    /// The answer, as the caller gets it.
    pub(crate) fn note_response(&mut self, response: &Value, fields: &[Field]) {
        if self.endpoint.log == Log::Full {
            self.record.response = Some(body::keep_json(response, fields));
        }
    }

    pub(crate) fn note_streaming(&mut self) {
        self.record.streaming = true;
    }

    /// Where attempts note when the first text went to the caller.
    pub(crate) fn first_text(&self) -> Arc<OnceLock<Instant>> {
        Arc::clone(&self.first_text)
    }

    pub(crate) fn note_repair(&mut self) {
        self.record.repaired = true;
    }

    pub(crate) fn note_backoff(&mut self, since: Instant) {
        self.record.backoff_us += micros(since);
    }

    /// An attempt begins, in the record at this place. Until it is closed the record says that it was
    /// cancelled.
    pub(super) fn open_attempt(&mut self, model: &Model<'_>) -> (usize, Hold) {
        let provider = model.provider.name();
        self.record.provider = Some(provider.to_owned());
        self.record.model = Some(model.name.to_owned());
        self.record.model_answered = None;
        self.record.finish = None;
        self.record.attempts.push(Attempt {
            provider: provider.to_owned(),
            model: model.name.to_owned(),
            status: None,
            error: Some("cancelled".to_owned()),
            request_id: None,
            finish: None,
            duration_us: 0,
            tokens_in: None,
            tokens_out: None,
            cost_micro_usd: None,
        });
        let (line, begun) = (self.record.attempts.len() - 1, Instant::now());
        if self.running.is_empty() {
            self.busy = begun;
        }
        let hold = Hold::default();
        self.running.push(Running { line, begun, hold: Arc::clone(&hold) });
        (line, hold)
    }

    /// An attempt runs no longer; how long it took, and what it had set aside.
    fn end_attempt(&mut self, line: usize) -> (u64, Hold) {
        let Some(place) = self.running.iter().position(|running| running.line == line) else {
            return (0, Hold::default());
        };
        let Running { begun, hold, .. } = self.running.remove(place);
        // Time in which two ran is counted once.
        if self.running.is_empty() {
            self.record.provider_us += micros(self.busy);
        }
        (micros(begun), hold)
    }

    /// The attempt was cut off: nobody knows what it cost. Where money was set aside for it, all of
    /// that counts as spent.
    pub(super) fn cancel_attempt(&mut self, line: usize) {
        let (duration_us, hold) = self.end_attempt(line);
        let cost = self.settle(&hold, None, true);
        self.record.estimated = true;
        if let Some(cost) = cost {
            self.add_cost(Some(cost));
        }
        if let Some(attempt) = self.record.attempts.get_mut(line) {
            attempt.duration_us = duration_us;
            attempt.cost_micro_usd = cost;
        }
    }

    /// Settles what was set aside at what the attempt cost; where nobody knows that and it may be
    /// billed, at all of it. What then counts as its cost.
    fn settle(&mut self, hold: &Hold, cost: Option<u64>, billed: bool) -> Option<u64> {
        match (hold.get(), &self.purse) {
            (Some(Held::Reserved(reservation)), Some(purse)) => {
                let reached = reservation.reached.iter().map(|name| (*name).to_owned());
                self.record.budget_reached.extend(reached);
                let unknown = if billed { reservation.amount } else { 0 };
                let cost = cost.unwrap_or(unknown);
                purse.settle(reservation, cost);
                Some(cost)
            }
            (Some(Held::Unguarded), _) => {
                self.note_state_failed("budget");
                cost
            }
            _ => cost,
        }
    }

    /// Adds to the cost of the call, of which nothing is known once a part of it is not.
    fn add_cost(&mut self, cost: Option<u64>) {
        let sum = self.record.cost_micro_usd.zip(cost);
        self.record.cost_micro_usd = sum.map(|(sum, cost)| sum.saturating_add(cost));
    }

    /// The attempt is over: what was answered, as far as it came, and what went wrong.
    pub(crate) fn close_attempt(
        &mut self,
        line: usize,
        model: &Model<'_>,
        status: Option<u16>,
        answer: &Answer,
        failure: Option<&Failure>,
    ) {
        let (duration_us, hold) = self.end_attempt(line);
        self.record.model_answered.clone_from(&answer.model);
        self.record.finish = match answer.refused() {
            Some(_) => Some(Finish::Refusal),
            None => answer.finish,
        };
        let cost = answer.usage.and_then(|usage| match &model.price {
            _ if model.provider.is_free() => Some(0),
            price => Some(usage.tokens().cost(price.as_ref()?, model.price_steps)),
        });
        let billed = failure.is_none_or(|failure| may_be_billed(failure.kind));
        let cost = self.settle(&hold, cost, billed);
        match (cost, answer.usage, failure) {
            (Some(cost), ..) => self.add_cost(Some(cost)),
            // An answer whose usage is not told cost something, and nobody knows what.
            (None, None, None) if !model.provider.is_free() => self.add_cost(None),
            (None, Some(_), _) => self.add_cost(None),
            _ => {}
        }
        self.add_usage(answer.usage, billed);
        let Some(attempt) = self.record.attempts.get_mut(line) else { return };
        attempt.status = status;
        attempt.error = failure.map(|failure| failure.kind.as_str().to_owned());
        attempt.request_id.clone_from(&answer.request_id);
        attempt.finish.clone_from(&answer.finish_word);
        attempt.duration_us = duration_us;
        attempt.tokens_in = answer.usage.map(|usage| usage.input);
        attempt.tokens_out = answer.usage.map(|usage| usage.output);
        attempt.cost_micro_usd = cost;
    }

    fn add_usage(&mut self, usage: Option<Usage>, billed: bool) {
        let record = &mut self.record;
        match usage {
            Some(usage) => {
                record.tokens_in += usage.input;
                record.tokens_out += usage.output;
                record.tokens_cached += usage.cached;
                record.tokens_reasoning += usage.reasoning;
            }
            None => record.estimated |= billed,
        }
    }

    pub(crate) fn fail(&mut self, problem: &Problem) {
        self.record.status = problem.kind.status;
        self.record.error_type = Some(problem.kind.name.to_owned());
        if self.endpoint.log != Log::None {
            self.record.error_detail = Some(problem.detail.chars().take(MAX_DETAIL).collect());
        }
        if problem.kind == crate::problem::CALLER_GONE {
            self.record.delivered = Delivered::No;
        }
    }

    /// Time spent by ourselves and by providers up to now, in microseconds.
    pub(crate) fn times(&self) -> (u64, u64) {
        let spent = self.record.provider_us + self.record.backoff_us;
        (micros(self.arrived).saturating_sub(spent), self.record.provider_us)
    }

    /// The caller has the answer; what follows is work of our own.
    pub(super) fn note_answered(&mut self) {
        self.note_times();
        self.answered = true;
    }

    fn note_times(&mut self) {
        let record = &mut self.record;
        record.total_us = micros(self.arrived);
        let spent = record.provider_us + record.backoff_us;
        record.overhead_us = record.total_us.saturating_sub(spent);
    }

    pub(crate) fn close(mut self) -> CallRecord {
        // Cut off by a panic or because the caller went away.
        while let Some(line) = self.running.last().map(|running| running.line) {
            self.cancel_attempt(line);
        }
        let first_text = self.first_text.get();
        self.record.first_token_us =
            first_text.map(|text| whole_micros(text.duration_since(self.arrived)));
        if !self.answered {
            self.note_times();
        }
        self.record
    }
}

/// A provider bills what it worked on, whether or not we got to see it.
fn may_be_billed(kind: Kind) -> bool {
    matches!(kind, Kind::Broken | Kind::Timeout | Kind::Truncated | Kind::Malformed)
}

fn micros(since: Instant) -> u64 {
    whole_micros(since.elapsed())
}

fn whole_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// For headers and records: a JSON object.
pub(crate) type Metadata = Map<String, Value>;
