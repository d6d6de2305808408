//! What a live endpoint was made of, so that nothing is deployed when nothing has changed.

use promptpilot_codegen::Plan;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::build::carried;
use crate::settings::Settings;

/// A hash over the generated sources, the runtime, and the settings that go into the function's
/// environment. Keys are hashed with the endpoint's id, so equal keys do not show as equal.
pub(crate) fn fingerprint(plan: &Plan, endpoint: Uuid, settings: &Settings) -> String {
    let sources = promptpilot_codegen::sources(plan);
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(endpoint.as_bytes());
    part(sources.crate_name.as_bytes());
    part(carried::runtime_sha256().as_bytes());
    if plan.state {
        part(settings.state.as_deref().unwrap_or_default().as_bytes());
    }
    for variable in &plan.key_variables {
        part(variable.as_bytes());
        part(settings.keys.get(variable).map_or("", |key| key.expose()).as_bytes());
    }
    hex::encode(hash.finalize())
}
