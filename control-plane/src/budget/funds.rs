//! What runs of prompts are paid from here, by the same blocks that functions take.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use promptpilot_runtime::{
    state::{Budgets, StateError},
    studio::Funds,
};
use promptpilot_spec::state::{Reserve, Reserved};
use uuid::Uuid;

use super::apart::Apart;
use crate::{
    database::Database,
    state::{self, mirror::Mirror},
};

/// Most organizations whose blocks are held at once, before those go that hold none.
const MOST: usize = 10_000;

/// The blocks that this process holds, by organization.
#[derive(Debug, Default)]
pub(crate) struct Purses(Mutex<HashMap<Uuid, Funds>>);

impl Purses {
    /// What an organization's runs are paid from: what it may spend in all is where its functions take it.
    pub(crate) fn of(
        &self,
        database: &Database,
        mirror: Option<&Mirror>,
        organization: Uuid,
    ) -> Funds {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, funds| !funds.is_empty());
        }
        let open = || {
            let here = Within { database: database.clone(), organization };
            match mirror {
                Some(mirror) => Funds::new(Apart { here, there: mirror.store(organization) }),
                None => Funds::new(here),
            }
        };
        known.entry(organization).or_insert_with(open).clone()
    }
}

/// The budgets of one organization, without the way over HTTP.
#[derive(Debug)]
pub(super) struct Within {
    database: Database,
    organization: Uuid,
}

impl Budgets for Within {
    fn reserve<'a>(&'a self, ask: &'a Reserve) -> BoxFuture<'a, Result<Reserved, StateError>> {
        async move {
            let db = self.database.tenant(self.organization).await;
            let db = db.map_err(|error| StateError(error.to_string()))?;
            let reserved = state::reserve(db, ask).await;
            reserved.map_err(|problem| StateError(problem.detail().to_owned()))
        }
        .boxed()
    }
}
