//! What an organization may spend in a period, whoever spends it: endpoints, programs that execute prompts,
//! and people who try them. Its people set it; the state service holds everybody to it (`state/budget.rs`).

mod funds;
pub mod model;
pub(crate) mod routes;
pub(crate) mod store;

pub(crate) use funds::Purses;

use uuid::Uuid;

use crate::plane::ControlPlane;

/// Whether functions ask a state service, which knows budgets of organizations. A table does not.
pub(crate) fn is_known_to_functions(plane: &ControlPlane) -> bool {
    plane.settings().state.is_some() && plane.mirror().is_none()
}

/// Whether functions have an organization's budget to ask for.
pub(crate) async fn is_asked_for(plane: &ControlPlane, organization: Uuid) -> sqlx::Result<bool> {
    if !is_known_to_functions(plane) {
        return Ok(false);
    }
    let mut db = plane.database().read_tenant(organization).await?;
    Ok(store::get(&mut db).await?.is_some())
}
