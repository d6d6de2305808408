//! What organizations may spend, as functions find it in their table.

use std::sync::Arc;

use promptpilot_runtime::state::{
    StateStore,
    dynamodb::{
        self, MOST_AT_ONCE, TableError,
        limits::{self, StoredLimit},
        spending::{self, Spending},
    },
};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Mirror, MirrorError, in_time, unavailable};
use crate::{
    budget::{
        model::Budget,
        store::{self, Spender},
    },
    http::Problem,
    plane::ControlPlane,
};

impl From<&Spender> for StoredLimit {
    fn from(spender: &Spender) -> Self {
        let terms = spender.budget.as_ref().map(Budget::terms);
        Self { organization: spender.organization, terms }
    }
}

impl Mirror {
    /// What an organization has in the table.
    pub(crate) fn store(&self, organization: Uuid) -> Arc<dyn StateStore> {
        dynamodb::open(self.0.clone(), organization)
    }

    /// What was taken of an organization's budget in the window that begins then, in micro-USD.
    pub(crate) async fn spent(&self, organization: Uuid, begins: i64) -> Result<u64, Problem> {
        let spending = in_time(spending::get(&self.0, organization, begins)).await;
        let spending = spending.map_err(|error| {
            tracing::warn!(%organization, %error, "the functions' table could not be asked");
            unavailable("the table that says what was spent could not be asked")
        })?;
        Ok(spending.map_or(0, |spending| spending.taken))
    }

    pub(in crate::state) async fn spending(
        &self,
        organization: Uuid,
        begins: i64,
    ) -> Result<Option<Spending>, TableError> {
        spending::get(&self.0, organization, begins).await
    }

    pub(in crate::state) async fn compare(
        &self,
        seen: &Spending,
        spent: Option<u64>,
    ) -> Result<bool, TableError> {
        spending::compare(&self.0, seen, spent).await
    }

    /// Writes what each organization may spend of which the table says otherwise; how many there were.
    pub(super) async fn reconcile_limits(&self, system: &PgPool) -> Result<usize, MirrorError> {
        let (mut after, mut written) = (Uuid::nil(), 0);
        loop {
            let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
            let page = store::spenders(system, after, most).await?;
            let Some(last) = page.last() else { return Ok(written) };
            after = last.organization;
            let known = page.iter().map(StoredLimit::from).collect();
            for differing in limits::differing(&self.0, known).await? {
                self.repair(system, differing.organization).await?;
                written += 1;
            }
        }
    }

    /// Writes what an organization may spend while nobody changes it.
    async fn repair(&self, system: &PgPool, organization: Uuid) -> Result<(), MirrorError> {
        let mut db = crate::database::begin_system(system).await?;
        if let Some(spender) = store::hold(&mut db, organization).await? {
            in_time(limits::put(&self.0, &StoredLimit::from(&spender))).await?;
        }
        Ok(db.commit().await?)
    }
}

/// Writes what an organization may spend, as this transaction has it, to where functions see it.
pub(crate) async fn tell(
    plane: &ControlPlane,
    db: &mut PgConnection,
    organization: Uuid,
) -> Result<(), Problem> {
    let Some(mirror) = plane.mirror() else { return Ok(()) };
    let missing = || Problem::not_found("organization", organization);
    let spender = store::hold(db, organization).await?.ok_or_else(missing)?;
    let told = in_time(limits::put(&mirror.0, &StoredLimit::from(&spender))).await;
    told.map_err(|error| {
        tracing::warn!(%organization, %error, "the functions' table could not be told of a budget");
        unavailable("the table that functions look budgets up in could not be told")
            .hint("nothing was changed: try again")
    })
}
