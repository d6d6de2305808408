//! What workers do now and then, beside the queue.

use super::ControlPlane;
use crate::{calls, events, http, state};

impl ControlPlane {
    /// Gives up calls that nothing was heard of for longer than any call lasts. Workers do it now and
    /// then.
    pub async fn give_up_calls(&self) {
        match calls::ingest::give_up(self.shared.database.system()).await {
            Ok(0) => {}
            Ok(calls) => tracing::info!(calls, "gave up calls that nothing was heard of"),
            Err(error) => tracing::debug!(%error, "could not look for calls to give up"),
        }
    }

    /// Makes room for calls to come, and sweeps those that their organization keeps no longer. Workers do
    /// it now and then.
    pub async fn keep_calls(&self) {
        match calls::retention::apply(self.shared.database.system()).await {
            Ok((0, 0)) => {}
            Ok((calls, months)) => tracing::info!(calls, months, "swept old calls"),
            Err(error) => tracing::warn!(%error, "could not sweep old calls"),
        }
    }

    /// Sweeps events that are older than they are kept. Workers do it now and then.
    pub async fn sweep_events(&self) {
        let kept = self.settings().keep_events.as_secs_f64();
        match events::store::sweep(self.shared.database.system(), kept).await {
            Ok(0) => {}
            Ok(events) => tracing::debug!(events, "swept old events"),
            Err(error) => tracing::warn!(%error, "could not sweep old events"),
        }
    }

    /// Gives budgets back what processes held that were killed, as far as the records of calls tell that
    /// it was not spent. Workers do it now and then.
    pub async fn reconcile_budgets(&self) {
        let system = self.shared.database.system();
        let given_back = |budgets| {
            tracing::info!(budgets, "gave back what killed processes had of budgets");
        };
        match state::reconcile::budgets(system).await {
            Ok(0) => {}
            Ok(budgets) => given_back(budgets),
            Err(error) => tracing::warn!(%error, "could not reconcile budgets with the records"),
        }
        let Some(mirror) = self.mirror() else { return };
        match state::reconcile::table::budgets(mirror, system).await {
            Ok(0) => {}
            Ok(budgets) => given_back(budgets),
            Err(error) => {
                let error = http::problem::chain(&error);
                tracing::warn!(error, "could not reconcile the functions' table with the records");
            }
        }
    }
}
