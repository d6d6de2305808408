//! One call of the endpoint, in the order of work that the crate's head gives.

mod admit;
mod answer;
mod ask;
mod attempt;
mod body;
mod cache_key;
mod circuit;
mod conversation;
mod entry;
mod flights;
mod headers;
mod kept;
mod key;
mod ledger;
mod media;
mod party;
mod plain;
mod prompt;
mod refresh;
mod split;
mod stream;
pub(crate) mod studio;
mod validate;

use std::{panic::AssertUnwindSafe, time::Instant};

use futures::FutureExt;
use promptpilot_spec::record::Source;
use serde_json::Value;
use uuid::Uuid;

use self::{
    ask::{Asker, Task},
    entry::Entry,
    headers::CallHeaders,
    kept::Kept,
    ledger::Ledger,
    party::Party,
};
pub(crate) use self::{circuit::Circuits, flights::Flights, key::KnownKeys};
use crate::{
    event::{Incoming, Privilege, PrivilegeSource},
    function::Function,
    output,
    problem::{
        self, BODY_NOT_JSON, BODY_TOO_LARGE, INTERNAL, MEDIA_TYPE_UNSUPPORTED, Problem,
        REQUEST_INVALID, VERIFY_DENIED,
    },
    reply::Reply,
};

/// When a call began, when it must be over, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) call_id: Uuid,
    pub(crate) platform_request_id: String,
    pub(crate) arrived: Instant,
    pub(crate) deadline: tokio::time::Instant,
}

/// Answers a call and records it, whatever happens in between.
pub(crate) async fn run(
    function: &Function,
    incoming: &Incoming,
    moment: &Moment,
    reply: &mut Reply,
) {
    let source = match &incoming.privilege {
        None => Source::Call,
        Some(Privilege { source: Some(PrivilegeSource::Try), .. }) => Source::Try,
        Some(_) => Source::Verify,
    };
    let Moment { call_id, platform_request_id, arrived, .. } = moment;
    let mut ledger = Ledger::open(function, *call_id, platform_request_id, source, *arrived);
    (function.output)(&output::start_line(&ledger.start_record()));

    let mut entry = Entry::default();
    let work = work(function, incoming, moment, reply, &mut ledger, &mut entry);
    let outcome = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        Err(Problem::new(INTERNAL, "the function failed in this call; its log says where"))
    });
    if let Err(problem) = &outcome {
        ledger.fail(problem);
        tell(reply, problem, *call_id).await;
    }
    reply.end();
    // Written before anything else has its turn: the host takes a call whose answer has ended, and of which
    // there is no record, for one that left none.
    (function.output)(&output::call_line(ledger.close()));
    entry.close(outcome.ok().flatten().as_ref()).await;
}

/// Does the work of a call. What is to be kept of it is what it returns; where, is in `entry`.
async fn work<'a>(
    function: &'a Function,
    incoming: &Incoming,
    moment: &Moment,
    reply: &mut Reply,
    ledger: &mut Ledger,
    entry: &mut Entry<'a>,
) -> Result<Option<Kept>, Problem> {
    let endpoint = function.endpoint;
    check_privilege(function, incoming)?;
    check_form(incoming, endpoint.max_body)?;
    let headers = CallHeaders::read(incoming)?;
    ledger.note_headers(&headers);

    let request: Value = serde_json::from_slice(&incoming.body).map_err(|error| {
        ledger.note_raw_request(&incoming.body);
        Problem::new(BODY_NOT_JSON, format!("the body is no JSON: {error}"))
    })?;
    ledger.note_request(&request);
    let caller = key::check(function, incoming, moment.deadline, ledger).await?;
    let variables = validate::object(request, endpoint.request, validate::Unknown::Refuse)
        .map_err(|errors| {
            let detail = match errors.len() {
                1 => "one thing is wrong with the request".to_owned(),
                count => format!("{count} things are wrong with the request"),
            };
            Problem::new(REQUEST_INVALID, detail).with_errors(errors)
        })?;
    let turns = prompt::turns(function, variables)?;

    let deadline = moment.deadline;
    let streams = incoming.accepts("text/event-stream");
    let party = Party::new(function, incoming, &headers, caller);
    let order = endpoint.order(headers.user.as_deref(), caller.test);
    let allowances = match incoming.privilege {
        None => party.allowances(endpoint.budgets),
        Some(_) => Vec::new(),
    };
    let traceparent = headers.traceparent.as_deref();
    let task = Task { function, own: None, deadline, traceparent, allowances: &allowances };
    if incoming.privilege.is_none() {
        let model = order.first().copied().unwrap_or_default();
        let turns = turns.as_slice();
        let request = admit::Request { function, incoming, party: &party, model, turns, deadline };
        if let Some(kept) = request.admit(entry, ledger, reply).await? {
            let refresh = entry.take_refresh();
            entry.keep(&kept).await;
            kept.tell(endpoint, streams, deadline, reply, ledger).await?;
            if let Some(refresh) = refresh {
                reply.end();
                ledger.note_answered();
                refresh::run(Asker::new(task, ledger, order), turns, refresh).await;
            }
            return Ok(Some(kept));
        }
    }
    let asker = Asker::new(task, ledger, order);
    if streams {
        stream::run(asker, &turns, reply, entry).await.map(Some)
    } else {
        plain::run(asker, &turns, reply, entry).await.map(Some)
    }
}

fn check_privilege(function: &Function, incoming: &Incoming) -> Result<(), Problem> {
    match &incoming.privilege {
        Some(privilege) if !function.token.matches(&privilege.verify) => {
            Err(Problem::new(VERIFY_DENIED, "`promptpilot.verify` is not this deployment's token"))
        }
        _ => Ok(()),
    }
}

fn check_form(incoming: &Incoming, max_body: u64) -> Result<(), Problem> {
    if incoming.oversized || incoming.body.len() as u64 > max_body {
        let detail = format!("the body may have {max_body} bytes and has more");
        return Err(Problem::new(BODY_TOO_LARGE, detail));
    }
    match incoming.header("content-type") {
        Some(given) if !is_json(given) => Err(Problem::new(
            MEDIA_TYPE_UNSUPPORTED,
            format!("`{given}` is not read here: send `content-type: application/json`"),
        )),
        _ => Ok(()),
    }
}

/// `application/json` or any `…+json`, whatever its parameters.
fn is_json(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    name == "application/json" || name.ends_with("+json")
}

/// Tells the caller of a problem, in whichever form is left.
async fn tell(reply: &mut Reply, problem: &Problem, call_id: Uuid) {
    if problem.kind == problem::CALLER_GONE {
        return;
    }
    if reply.has_begun() {
        stream::send_error(reply, problem, call_id).await;
    } else {
        let _ = reply.whole(problem.head(), problem.document(call_id)).await;
    }
}
