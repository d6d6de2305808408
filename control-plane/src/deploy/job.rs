//! One deployment in a worker's hands, and what its stages say and make.

use std::sync::OnceLock;

use promptpilot_codegen::{Finding, Location, Plan, Sources};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    build::Kind,
    model::{Failure, Level, Status},
    queue::store::{self, Claim, Taken},
};
use crate::{
    artifacts::store::Artifact, credentials::Credentials, plane::ControlPlane, secret::Secret,
};

/// Why a worker stops working on a batch.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A stage failed.
    Failed(Box<Failure>),
    /// Somebody asked for it.
    Cancelled,
    /// The lease is another worker's: not a word more from us.
    Lost,
    /// This worker is to end: another goes on.
    Shutdown,
    /// As if killed, for tests.
    Abandoned,
    /// The database does not answer: whoever reaches it goes on.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Why work is to halt, as far as that comes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Cancelled,
    Lost,
    Shutdown,
}

/// A claimed batch in a worker's hands.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) plane: ControlPlane,
    pub(crate) claim: Claim,
    pub(crate) worker: String,
    /// Ends children and waits as soon as there is a reason to halt.
    pub(crate) halt: CancellationToken,
    reason: OnceLock<Halt>,
}

impl Work {
    pub(crate) fn new(plane: ControlPlane, claim: Claim, worker: String) -> Self {
        Self { plane, claim, worker, halt: CancellationToken::new(), reason: OnceLock::new() }
    }

    /// Asks to halt; the first reason counts.
    pub(crate) fn ask_to_halt(&self, reason: Halt) {
        self.reason.get_or_init(|| reason);
        self.halt.cancel();
    }

    /// An error if there is a reason to halt.
    pub(crate) fn go_on(&self) -> Result<(), Stop> {
        match self.reason.get() {
            None => Ok(()),
            Some(Halt::Cancelled) => Err(Stop::Cancelled),
            Some(Halt::Lost) => Err(Stop::Lost),
            Some(Halt::Shutdown) => Err(Stop::Shutdown),
        }
    }

    /// Writes down that a deployment enters a stage.
    pub(crate) async fn enter(&self, job: &mut Job, status: Status) -> Result<(), Stop> {
        self.go_on()?;
        job.stage = status;
        // A worker that goes on where another was does not pass the earlier stages a second time
        // in the history.
        if order(status) <= order(job.reached) {
            return Ok(());
        }
        job.reached = status;
        let mut db = self.plane.database().system().acquire().await?;
        let held =
            store::transition(&mut db, &self.claim, &self.worker, job.taken.id, status, None)
                .await?;
        if held { Ok(()) } else { Err(Stop::Lost) }
    }

    /// The secret that a deployment's function knows its own deployment by. Every worker derives the
    /// same, so one that takes over can go on.
    pub(crate) fn token(&self, job: &Job) -> Secret {
        self.plane.settings().secret_key.deployment_token(job.taken.id)
    }

    /// Writes a line into a deployment's log.
    pub(crate) async fn log(&self, job: &Job, level: Level, text: &str) -> Result<(), Stop> {
        self.write(job.taken.id, job.stage, level, text).await
    }

    /// An ordinary line.
    pub(crate) async fn say(&self, job: &Job, text: impl AsRef<str>) -> Result<(), Stop> {
        self.log(job, Level::Info, text.as_ref()).await
    }

    pub(crate) async fn write(
        &self,
        deployment: Uuid,
        stage: Status,
        level: Level,
        text: &str,
    ) -> Result<(), Stop> {
        let text = storable(text);
        let mut db = self.plane.database().system().acquire().await?;
        store::log(&mut db, self.claim.organization, deployment, stage, level, &text).await?;
        self.plane.bells().ring();
        Ok(())
    }
}

/// A text as the database takes it: every character but U+0000.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// A deployment, with what its stages have made so far.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) taken: Taken,
    /// The stage that it is in.
    pub(crate) stage: Status,
    /// The furthest stage in the history.
    reached: Status,
    /// Another worker was at it before.
    pub(crate) resumed: bool,
    /// What the environment had when the definition was checked.
    pub(crate) credentials: Credentials,
    pub(crate) plan: Option<Plan>,
    pub(crate) sources: Option<Sources>,
    pub(crate) artifact: Option<Artifact>,
    pub(crate) function: String,
    pub(crate) function_version: Option<String>,
}

impl Job {
    pub(crate) fn new(taken: Taken, resumed: bool, function: String) -> Self {
        let stage = Status::from_word(&taken.status);
        Self {
            function_version: taken.function_version.clone(),
            stage,
            reached: stage,
            resumed,
            credentials: Credentials::default(),
            plan: None,
            sources: None,
            artifact: None,
            function,
            taken,
        }
    }

    /// The stage that another worker was in when it was lost; `Queued` if there was none.
    pub(crate) fn found_in(&self) -> Status {
        Status::from_word(&self.taken.status)
    }

    /// The plan; stages after *check* have it.
    pub(crate) fn plan(&self) -> Result<&Plan, Stop> {
        self.plan.as_ref().ok_or_else(|| self.unready("plan"))
    }

    /// The generated sources; stages after *generate* have them.
    pub(crate) fn sources(&self) -> Result<&Sources, Stop> {
        self.sources.as_ref().ok_or_else(|| self.unready("sources"))
    }

    /// The artifact; stages after *build* have it.
    pub(crate) fn artifact(&self) -> Result<&Artifact, Stop> {
        self.artifact.as_ref().ok_or_else(|| self.unready("artifact"))
    }

    /// The numbered version; stages after *publish* have it.
    pub(crate) fn version(&self) -> Result<&str, Stop> {
        self.function_version.as_deref().ok_or_else(|| self.unready("function version"))
    }

    /// How the endpoint is built.
    pub(crate) fn kind(&self, target_is_local: bool) -> Result<Kind, Stop> {
        Ok(Kind::of(self.plan()?, target_is_local))
    }

    fn unready(&self, what: &str) -> Stop {
        self.fail(format!("the {what} is missing at this stage")).internal().stop()
    }

    /// A failure in the stage that the deployment is in.
    pub(crate) fn fail(&self, message: impl Into<String>) -> Failure {
        Failure {
            stage: self.stage,
            message: storable(&message.into()),
            hint: None,
            pointer: None,
            location: None,
            internal: false,
        }
    }

    /// A failure that a finding tells.
    pub(crate) fn fail_with(&self, finding: &Finding) -> Failure {
        Failure {
            hint: finding.hint.as_deref().map(storable),
            pointer: Some(finding.pointer.clone()),
            location: finding.location.clone(),
            ..self.fail(&finding.message)
        }
    }

    /// Where a part of the definition stands in its file.
    pub(crate) fn location(&self, pointer: &str) -> Option<Location> {
        let parsed = promptpilot_codegen::parse(&self.taken.toml, &self.taken.file);
        parsed.positions.location(pointer)
    }
}

impl Failure {
    pub(crate) fn stop(self) -> Stop {
        Stop::Failed(Box::new(self))
    }

    /// The cause lies in this system and not in the definition.
    pub(crate) fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(crate) fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(|hint| storable(&hint.into()));
        self
    }

    /// The place in the definition.
    pub(crate) fn at(mut self, pointer: &str, location: Option<Location>) -> Self {
        self.pointer = Some(pointer.to_owned());
        self.location = location;
        self
    }

    /// The one sentence for the log.
    pub(crate) fn sentence(&self) -> String {
        let place = match (&self.location, &self.pointer) {
            (Some(location), _) => {
                format!(" ({}:{}:{})", location.file, location.line, location.column)
            }
            (None, Some(pointer)) if !pointer.is_empty() => format!(" ({pointer})"),
            _ => String::new(),
        };
        format!("{}{place}", self.message)
    }
}

/// The order in which statuses are passed.
fn order(status: Status) -> usize {
    Status::ALL.iter().position(|known| *known == status).unwrap_or_default()
}
