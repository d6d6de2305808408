//! A state store to be judged, with a deployment that asks it and a way to put keys into it.

use std::sync::Arc;

use promptpilot_control_plane::SecretKey;
use promptpilot_runtime::{
    Secret,
    state::{
        DYNAMODB, HTTP, Place, StateKind, StateStore,
        dynamodb::{
            keys::{self, StoredKey},
            limits::{self, StoredLimit},
            spending,
        },
    },
};
use promptpilot_spec::{
    deployment::Identity,
    state::{KeyRecord, Terms},
    units::Period,
};
use reqwest::Method;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    state::judge::{self, Judge},
    support::{
        Failure, Outcome,
        pilot::{Pilot, echo},
    },
};

enum Behind {
    Service(Box<Pilot>),
    Table(Judge),
}

/// What a store is asked to bear.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// So many ask at once.
    pub(crate) callers: usize,
    /// So many calls a process of a function holds at once.
    pub(crate) held: usize,
}

impl Load {
    pub(crate) const FULL: Self = Self { callers: 1000, held: 8 };
    /// For a server that lets few wait for a connection and answers them one after the other. What a
    /// function does not wait for is refused, and would say nothing of what is judged here.
    pub(crate) const LIGHT: Self = Self { callers: 120, held: 2 };
}

/// A store and who asks it.
pub(crate) struct Subject {
    behind: Behind,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) identity: Identity,
    pub(crate) load: Load,
    address: String,
    token: String,
}

impl Subject {
    /// The state service.
    pub(crate) async fn service() -> Result<Self, Failure> {
        Self::service_of(&echo("one", "Hello")).await
    }

    /// The state service, with a deployment of this definition.
    pub(crate) async fn service_of(definition: &str) -> Result<Self, Failure> {
        let pilot = Pilot::without_worker().await?;
        let batch = pilot.deploy(&[definition.to_owned()]).await?;
        let deployment = batch.deployments[0].id;
        let token = SecretKey::new([7; 32]).deployment_token(deployment).expose().to_owned();
        let organization = pilot.plane.ensure_local_owner().await?.organization;
        let address = pilot.settings.state.clone().unwrap();
        let identity = identity(organization, deployment);
        Self::new(Behind::Service(Box::new(pilot)), address, identity, token)
    }

    /// A table.
    pub(crate) fn table(judge: Judge, load: Load) -> Result<Self, Failure> {
        let address = judge.address.clone();
        let identity = identity(Uuid::now_v7(), Uuid::now_v7());
        let subject = Self::new(Behind::Table(judge), address, identity, "token".to_owned())?;
        Ok(Self { load, ..subject })
    }

    fn new(
        behind: Behind,
        address: String,
        identity: Identity,
        token: String,
    ) -> Result<Self, Failure> {
        let place = Place {
            address: address.parse()?,
            organization: identity.organization,
            deployment: identity.deployment,
            token: Secret::from(token.as_str()),
            aws: judge::keys(),
        };
        let store = HTTP.open(&place).or_else(|| DYNAMODB.open(&place)).ok_or("no such store")?;
        Ok(Self { behind, store, identity, load: Load::FULL, address, token })
    }

    /// What a function of this deployment has in its environment.
    pub(crate) fn variables(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        Ok(vec![
            ("PROMPTPILOT_DEPLOYMENT", serde_json::to_string(&self.identity)?),
            ("PROMPTPILOT_STATE_TOKEN", self.token.clone()),
            ("PROMPTPILOT_STATE", self.address.clone()),
            ("AWS_ACCESS_KEY_ID", judge::ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", judge::SECRET.to_owned()),
        ])
    }

    /// Puts a key there, as the control plane does.
    pub(crate) async fn add_key(&self, hash: &str, record: &KeyRecord) -> Outcome {
        let revoked = record.revoked.then(OffsetDateTime::now_utc);
        match &self.behind {
            Behind::Table(judge) => {
                let (organization, record) = (self.identity.organization, record.clone());
                let stored = StoredKey { organization, hash: hash.to_owned(), record, revoked };
                Ok(keys::put(&judge.table()?, &stored).await?)
            }
            Behind::Service(pilot) => {
                let mut db = pilot.database.connect().await?;
                sqlx::query(
                    "insert into api_keys (organization_id, id, name, test, hash, shown, endpoints,
                                           environments, expires_at, revoked_at)
                     values ($1, $2, $3, false, $3, 'pp_live_0000', $4,
                             (select array_agg(id) from environments
                               where organization_id = $1 and name = any($5)), $6, $7)",
                )
                .bind(self.identity.organization)
                .bind(record.id)
                .bind(hash)
                .bind(record.endpoints.as_deref())
                .bind(record.environments.as_deref())
                .bind(record.expires)
                .bind(revoked)
                .execute(&mut db)
                .await?;
                Ok(())
            }
        }
    }

    /// Says what the organization may spend, as the control plane does.
    pub(crate) async fn set_budget(&self, terms: Option<Terms>) -> Outcome {
        let organization = self.identity.organization;
        match &self.behind {
            Behind::Table(judge) => {
                Ok(limits::put(&judge.table()?, &StoredLimit { organization, terms }).await?)
            }
            Behind::Service(pilot) => {
                let path = format!("/api/organizations/{organization}/budget");
                let body = terms.map(|Terms { limit, soft, hard }| {
                    let soft = soft.map(|soft| soft as f64 / limit.micro_usd as f64);
                    json!({ "limit": limit, "soft": soft, "hard": hard })
                });
                let method = if body.is_some() { Method::PUT } else { Method::DELETE };
                let (status, answer) = pilot.request(method, &path, body).await?;
                assert!(status.is_success(), "{answer}");
                Ok(())
            }
        }
    }

    /// What was taken of the organization's budget of this month, in micro-USD.
    pub(crate) async fn taken(&self) -> Result<u64, Failure> {
        let organization = self.identity.organization;
        let (begins, _) = Period::Month.window(OffsetDateTime::now_utc().unix_timestamp());
        match &self.behind {
            Behind::Table(judge) => {
                let spending = spending::get(&judge.table()?, organization, begins).await?;
                Ok(spending.map_or(0, |spending| spending.taken))
            }
            Behind::Service(pilot) => {
                let mut db = pilot.database.connect().await?;
                let taken: Option<i64> = sqlx::query_scalar(
                    "select taken from budget_windows
                      where organization_id = $1 and bucket = 'organization' and begins = $2",
                )
                .bind(organization)
                .bind(begins)
                .fetch_optional(&mut db)
                .await?;
                Ok(taken.unwrap_or_default().unsigned_abs())
            }
        }
    }

    /// A role that may touch nothing but its organization's items (`dynamodb:LeadingKeys`) is enough.
    pub(crate) async fn keeps_to_its_organization(&self) -> Outcome {
        let Behind::Table(judge) = &self.behind else { return Ok(()) };
        let table = judge.table()?;
        let scan = json!({ "TableName": table.name(), "ProjectionExpression": "pk" });
        let answer = table.ask("Scan", &scan).await?;
        let items = answer["Items"].as_array().ok_or("no items")?;
        let own = format!("ORG#{}#", self.identity.organization);
        let keys = items.iter().filter_map(|item| item["pk"]["S"].as_str());
        let others: Vec<_> = keys.filter(|key| !key.starts_with(&own)).collect();
        assert!(items.len() > 20 && others.is_empty(), "{others:?}");
        Ok(())
    }

    /// The system behind a state service.
    pub(crate) fn pilot(&self) -> Result<&Pilot, Failure> {
        match &self.behind {
            Behind::Service(pilot) => Ok(pilot),
            Behind::Table(_) => Err("a table has no system behind it".into()),
        }
    }

    pub(crate) async fn stop(self) -> Outcome {
        match self.behind {
            Behind::Service(pilot) => pilot.stop().await,
            Behind::Table(_) => Ok(()),
        }
    }
}

fn identity(organization: Uuid, deployment: Uuid) -> Identity {
    let environment = "production".to_owned();
    Identity { organization, environment, endpoint: Uuid::now_v7(), version: 1, deployment }
}
