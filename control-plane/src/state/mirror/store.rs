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

/// A key as it is copied to where functions look it up.
pub(super) async fn stored_key(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<StoredKey>> {
    let row = sqlx::query_as!(
        KeyRow,
        r#"select organization_id as organization, hash, id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments) order by 1
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at as revoked
             from api_keys k where id = $1"#,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(StoredKey::from))
}

/// The keys of all organizations that come after an organization's key.
pub(super) async fn stored_keys(
    system: &PgPool,
    (organization, id): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<StoredKey>> {
    let rows = sqlx::query_as!(
        KeyRow,
        r#"select organization_id as organization, hash, id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e
                       where e.organization_id = k.organization_id and e.id = any(k.environments)
                       order by 1
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at as revoked
             from api_keys k
            where (organization_id, id) > ($1, $2)
            order by organization_id, id
            limit $3"#,
        organization,
        id,
        limit
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}
