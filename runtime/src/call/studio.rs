//! A prompt run by itself, without an endpoint around it: rendered, asked and accounted for as in a
//! deployed function. For programs that link the runtime as a library; no function has it.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt;
use promptpilot_spec::{
    deployment::Identity,
    record::{CallRecord, Source},
    template::{self, TemplateError},
    units::Money,
};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    answer::{self, shape},
    ask::{Asker, Own, Task},
    ledger::Ledger,
    plain,
};
use crate::{
    endpoint::{Auth, Endpoint, Log, Model, Response, Role},
    function::Function,
    problem::{CALLER_GONE, INTERNAL, PROMPT_FAILED, Problem},
    provider::Turn,
    purse::{Allowance, Purse},
    secret::Secret,
    state::Budgets,
};

pub use super::{body::keep, plain::usd};

/// What runs have in common: a text comes back, and a failed attempt is repeated once.
static ENDPOINT: Endpoint = Endpoint {
    name: "studio",
    description: "",
    log: Log::Full,
    prompt: &[],
    request: &[],
    tools: &[],
    response: Response::Text,
    models: &[],
    splits: &[],
    timeout_ms: 0,
    retries: 1,
    hedge_ms: None,
    max_body: 0,
    origins: &[],
    auth: Auth::Public,
    rate: None,
    budgets: &[],
    unbudgeted: false,
    cache: None,
    state: &[],
    openapi: "",
};

/// What to run.
#[derive(Debug)]
pub struct Run<'a> {
    /// What the record calls it.
    pub name: &'a str,
    /// Whose run it is.
    pub organization: Uuid,
    /// Why it is made.
    pub source: Source,
    /// What the call is called.
    pub call: Uuid,
    /// When it began.
    pub arrived: Instant,
    /// The conversation, each message a template.
    pub messages: &'a [(Role, String)],
    /// Values of the templates' variables.
    pub values: &'a Map<String, Value>,
    /// What is said after the prompt, word for word.
    pub conversation: &'a [(Role, String)],
    /// What the answer must be like.
    pub response: &'a Response<'a>,
    /// The model to ask.
    pub model: Model<'a>,
    /// The key, where the provider takes one.
    pub key: Option<&'a Secret>,
    /// How long it may take.
    pub timeout: Duration,
    /// What it is paid from.
    pub funds: &'a Funds,
    /// The budget of whoever asks for it, beside the organization's.
    pub own: Option<OwnBudget>,
}

/// What the runs of an organization are paid from, in blocks that are asked for now and then. Clones are
/// paid from the same blocks.
#[derive(Debug, Clone)]
pub struct Funds(Purse);

impl Funds {
    /// Nothing is taken before the first run.
    pub fn new(budgets: impl Budgets + 'static) -> Self {
        Self(Purse::new(Arc::new(budgets)))
    }

    /// Whether they hold nothing that could go back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What one key may spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBudget {
    /// Its name where budgets are kept.
    pub bucket: String,
    /// All that may be spent in a window of time.
    pub limit: Money,
}

impl Run<'_> {
    fn allowances(&self) -> Vec<Allowance> {
        let own = self.own.iter().map(|own| Allowance {
            bucket: own.bucket.clone(),
            limit: Some(own.limit),
            soft: None,
            name: "per_key",
        });
        own.chain([Allowance::organization()]).collect()
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    /// What the model wrote, or why there is nothing.
    pub outcome: Result<String, Refused>,
    /// The account of it.
    pub record: CallRecord,
}

/// Why a run came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The last part of the problem's `type`.
    pub kind: &'static str,
    /// The status that an endpoint would answer with.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// When it may be tried again.
    pub retry_after: Option<Duration>,
}

/// Runs a prompt. Where `streams`, text goes to `deltas` as it comes. Once nobody takes it any more, the
/// provider's call is cancelled.
pub async fn run(run: Run<'_>, deltas: &mpsc::Sender<String>, streams: bool) -> Ran {
    let identity = Identity {
        organization: run.organization,
        environment: "studio".to_owned(),
        endpoint: Uuid::nil(),
        version: 0,
        deployment: Uuid::nil(),
    };
    let mut function = Function::bare(&ENDPOINT, identity);
    function.purse = Some(run.funds.0.clone());
    let mut ledger = Ledger::open(&function, run.call, "", run.source, run.arrived);
    ledger.note_request(&Value::Object(run.values.clone()));
    if streams {
        ledger.note_streaming();
    }
    let work = work(&function, &run, streams.then(|| deltas.clone()), &mut ledger);
    let outcome = tokio::select! {
        outcome = AssertUnwindSafe(work).catch_unwind() => outcome.unwrap_or_else(|_| {
            Err(Problem::new(INTERNAL, "the run failed here; the log says where"))
        }),
        () = deltas.closed() => Err(Problem::new(CALLER_GONE, "the caller went away")),
    };
    if let Err(problem) = &outcome {
        ledger.fail(problem);
    }
    let mut record = ledger.close();
    run.name.clone_into(&mut record.endpoint_name);
    let refused = |problem: Problem| Refused {
        kind: problem.kind.name,
        status: problem.kind.status,
        detail: problem.detail,
        retry_after: problem.retry_after,
    };
    Ran { outcome: outcome.map_err(refused), record }
}

async fn work(
    function: &Function,
    run: &Run<'_>,
    deltas: Option<mpsc::Sender<String>>,
    ledger: &mut Ledger,
) -> Result<String, Problem> {
    let turns = render(run).map_err(|error| {
        let cause = error.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        Problem::new(PROMPT_FAILED, format!("{error}{cause}"))
    })?;
    let allowances = run.allowances();
    let task = Task {
        function,
        own: Some(Own { model: &run.model, key: run.key, response: run.response }),
        deadline: tokio::time::Instant::now() + run.timeout,
        traceparent: None,
        allowances: &allowances,
    };
    let mut asker = Asker::new(task, ledger, vec![0]);
    let (text, value) = match deltas {
        None => whole(&mut asker, &turns).await?,
        Some(deltas) => {
            asker.deltas = Some(deltas);
            let answer = asker.ask(&turns).await?;
            // What fits no schema the caller has read all the same.
            let value = match shape(&answer, &Response::Text, &[]) {
                Ok(text) => shape(&answer, run.response, &[]).unwrap_or(text),
                Err(unfit) => return Err(unfit.into()),
            };
            (answer.text, value)
        }
    };
    asker.ledger.note_response(&value, answer::fields(run.response));
    Ok(text)
}

/// A whole answer; JSON that was asked for without what some models put around it.
async fn whole(asker: &mut Asker<'_>, turns: &[Turn]) -> Result<(String, Value), Problem> {
    let (text, value) = plain::work(asker, turns).await?;
    match asker.task.response() {
        Response::Schema { .. } => Ok((answer::without_fence(&text).to_owned(), value)),
        _ => Ok((text, value)),
    }
}

fn render(run: &Run<'_>) -> Result<Vec<Turn>, TemplateError> {
    let mut environment = template::environment();
    let mut turns = Vec::with_capacity(run.messages.len());
    for (number, (role, text)) in run.messages.iter().enumerate() {
        let name = format!("message {}", number + 1);
        template::compile(&mut environment, name.clone(), text)?;
        let compiled = environment.get_template(&name).map_err(TemplateError::Syntax)?;
        turns.push(Turn::new(*role, template::render(&compiled, run.values)?));
    }
    turns.extend(run.conversation.iter().map(|(role, text)| Turn::new(*role, text.as_str())));
    Ok(turns)
}
