//! SQL of what API keys execute. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a key opens.
#[derive(Debug)]
pub(crate) struct Key {
    pub(super) organization: Uuid,
    pub(super) id: Uuid,
    pub(super) test: bool,
    /// The organization's slug.
    pub(super) slug: String,
    /// Names; `None` means all.
    pub(super) environments: Option<Vec<String>>,
    /// `None` means all.
    pub(super) prompts: Option<Vec<Uuid>>,
    pub(super) expires: Option<OffsetDateTime>,
    pub(super) revoked: bool,
    /// What may be spent for it, if that is limited: how much, in which period.
    pub(super) budget_micro_usd: Option<i64>,
    pub(super) budget_per: Option<String>,
    /// Requests a minute, where it has others than all keys have.
    pub(super) rate: Option<i32>,
}

/// The key whose secret has this hash, or had it before: the one look-up before the organization is
/// known.
pub(super) async fn key(db: &mut PgConnection, hash: &str) -> sqlx::Result<Option<Key>> {
    sqlx::query_as!(
        Key,
        r#"select organization_id as "organization!", id as "id!", test as "test!", slug as "slug!",
                  environments, prompts, expires, revoked as "revoked!", budget_micro_usd,
                  budget_per, rate
             from key_of($1)"#,
        hash
    )
    .fetch_optional(db)
    .await
}

/// The name of a prompt.
pub(super) async fn prompt_name(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from prompts where id = $1 and deleted_at is null", id)
        .fetch_optional(db)
        .await
}

/// The URL of the endpoint that serves a prompt's version in an environment, where it is the only one.
pub(super) async fn alternate(
    db: &mut PgConnection,
    environment: Uuid,
    prompt: Uuid,
    version: i32,
) -> sqlx::Result<Option<String>> {
    let mut urls = sqlx::query_scalar!(
        r#"select f.url as "url!"
             from endpoint_versions v
             join endpoints e on e.id = v.endpoint_id and e.deleted_at is null
             join functions f on f.endpoint_id = v.endpoint_id and f.environment_id = $1
             join deployments d on d.id = f.live_deployment_id and d.version = v.number
            where v.prompt_id = $2 and v.prompt_version = $3 and f.url is not null
            limit 2"#,
        environment,
        prompt,
        version
    )
    .fetch_all(db)
    .await?;
    Ok(if urls.len() == 1 { urls.pop() } else { None })
}

/// A way to name a version of a prompt: by a label, or as the newest.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    /// Absent means the newest.
    pub(super) label: Option<String>,
    /// When the version was saved.
    pub(super) saved: OffsetDateTime,
}

/// These prompts, each as the newest version and then by its labels; `None` means all.
pub(super) async fn named(
    db: &mut PgConnection,
    prompts: Option<&[Uuid]>,
) -> sqlx::Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        r#"select p.name, l.label as "label?", v.created_at as saved
             from prompts p
             cross join lateral (
                    select null::text as label, p.version
                    union all
                    select label, version from prompt_labels where prompt_id = p.id
                  ) l
             join prompt_versions v on v.prompt_id = p.id and v.number = l.version
            where p.deleted_at is null and ($1::uuid[] is null or p.id = any($1))
            order by p.name, l.label nulls first"#,
        prompts
    )
    .fetch_all(db)
    .await
}

/// When a version was saved.
pub(super) async fn saved(
    db: &mut PgConnection,
    prompt: Uuid,
    version: i32,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        "select created_at from prompt_versions where prompt_id = $1 and number = $2",
        prompt,
        version
    )
    .fetch_optional(db)
    .await
}
