//! What serves: functions, their numbered versions, and the deployment that an alias points at.

pub(crate) mod promote;
pub(crate) mod renew;
pub(crate) mod rollback;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod sweep;
pub(crate) mod teardown;
