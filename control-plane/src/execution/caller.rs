//! Who calls: a program, known by its API key, and what that opens. The problems are those of deployed
//! endpoints.

use std::sync::Arc;

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use promptpilot_runtime::studio::OwnBudget;
use promptpilot_spec::key;
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    model::Place,
    store::{self, Key},
};
use crate::{
    budget::store::money,
    http::{Problem, Tenant, context},
    plane::{ControlPlane, recent::Recent},
    state::reconcile::PROMPTS,
};

/// Keys by the hashes of their secrets.
pub(crate) type RecentKeys = Recent<String, Arc<Key>>;

/// A program with a key that is known. What the key opens is seen later, so that a refusal is written
/// down.
#[derive(Debug, Clone)]
pub(crate) struct KeyCaller {
    plane: ControlPlane,
    key: Arc<Key>,
}

async fn look_up(plane: &ControlPlane, hash: &str) -> Result<Arc<Key>, Problem> {
    let mut db = plane.database().unbound().await?;
    let key = store::key(&mut db, hash).await?;
    let key = key.ok_or_else(|| unauthorized("key-unknown", "there is no such key here"))?;
    Ok(Arc::new(key))
}

impl KeyCaller {
    /// Who sent a request.
    pub(crate) async fn of(parts: &Parts, plane: &ControlPlane) -> Result<Self, Problem> {
        let given = given(&parts.headers).ok_or_else(|| {
            let detail = "send a key as `Authorization: Bearer pp_live_…` or `x-api-key`";
            unauthorized("key-missing", detail)
        })?;
        if key::kind(given).is_none() {
            let detail = "this is no key of Prompt Pilot's, or it was mistyped";
            return Err(unauthorized("key-unknown", detail));
        }
        let hash = key::hash(given);
        let key = plane.lookups().keys.get(hash.clone(), look_up(plane, &hash)).await?;
        Ok(Self { plane: plane.clone(), key })
    }

    /// The key's id.
    pub(super) fn key(&self) -> Uuid {
        self.key.id
    }

    /// Whether the sandbox is to answer.
    pub(super) fn is_test(&self) -> bool {
        self.key.test
    }

    /// The organization's slug.
    pub(super) fn slug(&self) -> &str {
        &self.key.slug
    }

    /// Prompts that it may execute; `None` means all.
    pub(super) fn prompts(&self) -> Option<&[Uuid]> {
        self.key.prompts.as_deref()
    }

    /// What all is called that is kept of it where state is kept.
    pub(super) fn bucket(&self) -> String {
        format!("{PROMPTS}{}", self.key.id)
    }

    /// What may be spent for it, where that is limited.
    pub(super) fn budget(&self) -> Option<OwnBudget> {
        let limit = money(self.key.budget_micro_usd, self.key.budget_per.as_deref())?;
        // Another period counts for itself.
        let bucket = format!("{}/{}", self.bucket(), limit.per);
        Some(OwnBudget { bucket, limit })
    }

    /// How many requests it may make a minute.
    pub(super) fn rate(&self) -> u32 {
        let own = self.key.rate.map(i32::unsigned_abs).filter(|rate| *rate > 0);
        own.unwrap_or_else(|| self.plane.settings().prompt_rate.get())
    }

    /// Refuses a key that opens no prompts at this place, or none any more.
    pub(super) fn check(&self, place: &Place) -> Result<(), Problem> {
        let Key { revoked, expires, environments, slug, .. } = &*self.key;
        if *revoked {
            return Err(unauthorized("key-unknown", "the key was revoked"));
        }
        if expires.is_some_and(|end| end <= OffsetDateTime::now_utc()) {
            return Err(unauthorized("key-unknown", "the key has expired"));
        }
        let is_ours = |named: &str| {
            named == slug || named.parse::<Uuid>().is_ok_and(|id| id == self.key.organization)
        };
        if place.org.as_deref().is_some_and(|named| !is_ours(named)) {
            return Err(denied("the key is of another organization"));
        }
        if environments.as_ref().is_some_and(|all| !all.iter().any(|it| it == place.environment()))
        {
            return Err(denied("the key is for other environments"));
        }
        if self.prompts().is_some_and(<[Uuid]>::is_empty) {
            return Err(denied("the key is for endpoints, and opens no prompts")
                .hint("make one with `promptpilot keys create NAME --prompts`"));
        }
        Ok(())
    }

    /// Refuses a prompt that is not among the key's.
    pub(super) fn check_prompt(&self, prompt: Uuid) -> Result<(), Problem> {
        match self.prompts().is_none_or(|all| all.contains(&prompt)) {
            true => Ok(()),
            false => Err(denied("the key is for other prompts")),
        }
    }
}

/// The key as it came: `Authorization` goes before `x-api-key`.
fn given(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| text("x-api-key"))
}

fn unauthorized(kind: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, kind, detail)
}

fn denied(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "key-denied", detail)
}

impl Tenant for KeyCaller {
    fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    fn organization(&self) -> Uuid {
        self.key.organization
    }

    async fn transaction(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().tenant(self.key.organization).await?)
    }
}

impl FromRequestParts<ControlPlane> for KeyCaller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        context::admitted(parts)
    }
}

/// What it takes to be let in is told by the list of operations.
impl OperationInput for KeyCaller {}
