//! An organization that has been at work for a while, written straight into the database.

use anyhow::Result;
use promptpilot_tests::Pilot;

pub(super) const PROMPTS: usize = 1_000;
const VERSIONS: usize = 50;

/// A thousand prompts with fifty versions each. The newest one of each has the label `production`.
pub(super) async fn prompts(pilot: &Pilot) -> Result<()> {
    let statement = format!(
        "with made as (
            insert into prompts (organization_id, id, name, version, words, tags, message)
            select o.id, gen_random_uuid(), 'folder-' || i % 20 || '/prompt-' || i, {VERSIONS},
                   'Summarise for a reader ' || i, array['tag-' || i % 10], 'change {VERSIONS}'
              from organizations o, generate_series(1, {PROMPTS}) i
            returning organization_id, id, name),
         versions as (
            insert into prompt_versions (organization_id, prompt_id, number, content, sha256, message)
            select organization_id, id, v,
                   json_build_object('prompt', json_build_object('template',
                       repeat('Summarise {{{{ text }}}} for a reader. ', 20) || v)),
                   encode(sha256((id::text || v)::bytea), 'hex'), 'change ' || v
              from made, generate_series(1, {VERSIONS}) v)
         insert into prompt_labels (organization_id, prompt_id, label, version)
         select organization_id, id, 'production', {VERSIONS} from made"
    );
    pilot.sql(&statement).await?;
    pilot.sql("analyze").await?;
    Ok(())
}
