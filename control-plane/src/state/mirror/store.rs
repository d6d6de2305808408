//! All SQL on keys as they are copied to where functions look them up.

use promptpilot_runtime::state::dynamodb::keys::StoredKey;
use promptpilot_spec::state::KeyRecord;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// A key of any organization, as a row.
#[derive(Debug)]
struct KeyRow {
    organization: Uuid,
    hash: String,
    id: Uuid,
    endpoints: Option<Vec<Uuid>>,
    environments: Option<Vec<String>>,
    expires: Option<OffsetDateTime>,
    revoked: Option<OffsetDateTime>,
}

impl From<KeyRow> for StoredKey {
    fn from(row: KeyRow) -> Self {
        let KeyRow { organization, hash, id, endpoints, environments, expires, revoked } = row;
        let record = KeyRecord { id, endpoints, environments, expires, revoked: revoked.is_some() };
        Self { organization, hash, record, revoked }
    }
}

/// A key as it is copied to where functions look it up: by its secret, and by each that it had before.
pub(super) async fn stored_key(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<StoredKey>> {
    let rows = sqlx::query_as!(
        KeyRow,
        r#"select k.organization_id as organization, s.hash as "hash!", k.id, k.endpoints,
                  case when k.environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments) order by 1
                  ) end as "environments: Vec<String>",
                  least(k.expires_at, s.ends_at) as expires, k.revoked_at as revoked
             from api_keys k
             cross join lateral (
                    select k.hash, null::timestamptz as ends_at
                    union all
                    select hash, ends_at from earlier_key_secrets where key_id = k.id
                  ) s
            where k.id = $1"#,
        id
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}

/// The keys of all organizations, each by all of its secrets, that come after one.
pub(super) async fn stored_keys(
    system: &PgPool,
    (organization, id, hash): (Uuid, Uuid, &str),
    limit: i64,
) -> sqlx::Result<Vec<StoredKey>> {
    let rows = sqlx::query_as!(
        KeyRow,
        r#"select k.organization_id as organization, s.hash as "hash!", k.id, k.endpoints,
                  case when k.environments is not null then array(
                      select e.name from environments e
                       where e.organization_id = k.organization_id and e.id = any(k.environments)
                       order by 1
                  ) end as "environments: Vec<String>",
                  least(k.expires_at, s.ends_at) as expires, k.revoked_at as revoked
             from api_keys k
             cross join lateral (
                    select k.hash, null::timestamptz as ends_at
                    union all
                    select e.hash, e.ends_at from earlier_key_secrets e
                     where e.organization_id = k.organization_id and e.key_id = k.id
                  ) s
            where (k.organization_id, k.id) >= ($1, $2)
              and (k.organization_id, k.id, s.hash) > ($1, $2, $3)
            order by k.organization_id, k.id, s.hash
            limit $4"#,
        organization,
        id,
        hash,
        limit
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}
