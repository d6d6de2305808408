//! What functions and runs of prompts tell of calls, on its way into the database.

use axum::http::StatusCode;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use super::ControlPlane;
use crate::{
    calls::{
        self,
        ingest::{EnvelopeLine, IngestError, Ingested},
    },
    http::Problem,
};

impl ControlPlane {
    /// Takes in what functions wrote. A line twice is one call.
    ///
    /// # Errors
    /// When the database does not answer: then the same lines are to be sent again.
    pub async fn ingest(&self, lines: &[EnvelopeLine]) -> Result<Ingested, IngestError> {
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest(system, lines, None).await?))
    }

    /// The same of one organization's functions, for a sender who can wait.
    pub(crate) async fn ingest_for(
        &self,
        organization: Uuid,
        lines: &[EnvelopeLine],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest(system, lines, Some(organization)).await?))
    }

    /// The same of one deployment's function.
    pub(crate) async fn ingest_of(
        &self,
        deployment: Uuid,
        lines: &[String],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest_of(system, deployment, lines).await?))
    }

    /// The same of any function, from whoever delivers the platform's log.
    pub(crate) async fn ingest_delivered(
        &self,
        lines: &[EnvelopeLine],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        Ok(self.ingest(lines).await?)
    }

    /// Writes down a run of a prompt as a call.
    pub(crate) async fn keep_run(&self, ran: calls::Ran<'_>) -> Result<(), IngestError> {
        let system = self.shared.database.system_async_commit();
        self.ring(calls::ingest::keep_run(system, ran).await?);
        Ok(())
    }

    fn may_ingest(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.shared.ingesting.try_acquire().map_err(|_| {
            let detail = "other batches of calls are taken in at this moment";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "ingest-busy", detail).retry_after(1)
        })
    }

    /// Wakes whoever follows calls.
    fn ring(&self, ingested: Ingested) -> Ingested {
        if ingested.new > 0 {
            self.shared.bells.news.notify_waiters();
        }
        ingested
    }
}
