//! What a live endpoint was made of, so that nothing is deployed when nothing has changed.

use promptpilot_codegen::Plan;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::build::carried;
use crate::{credentials::Credentials, settings::Settings};

/// A hash over the generated sources, the runtime, and the settings that go into the function's
/// environment; of its credentials, which versions they are.
pub(crate) fn fingerprint(
    plan: &Plan,
    endpoint: Uuid,
    settings: &Settings,
    credentials: &Credentials,
) -> String {
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
    for given in credentials.versions(&plan.key_variables) {
        part(given.id.as_bytes());
        part(&given.version.to_be_bytes());
    }
    hex::encode(hash.finalize())
}
