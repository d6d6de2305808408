//! What an organization may spend in a period, whoever spends it: endpoints, programs that execute prompts,
//! and people who try them. Its people set it; the functions' state store holds everybody to it: the state
//! service (`state/budget.rs`), or a table of DynamoDB's, which is told of it (`state/mirror/`).

mod apart;
mod funds;
pub mod model;
pub(crate) mod routes;
pub(crate) mod store;

pub(crate) use funds::Purses;

use uuid::Uuid;

use crate::plane::ControlPlane;

/// Whether functions have a state store, and so are held to it.
pub(crate) fn holds_functions(plane: &ControlPlane) -> bool {
    plane.settings().state.is_some()
}

/// Whether functions have an organization's budget to ask for.
pub(crate) async fn is_asked_for(plane: &ControlPlane, organization: Uuid) -> sqlx::Result<bool> {
    if !holds_functions(plane) {
        return Ok(false);
    }
    let mut db = plane.database().read_tenant(organization).await?;
    Ok(store::get(&mut db).await?.is_some())
}
