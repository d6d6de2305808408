//! Who a function is: set by the deployer in its environment, read by the runtime.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The variable that carries the [`Identity`], as JSON.
pub const IDENTITY_VARIABLE: &str = "PROMPTPILOT_DEPLOYMENT";

/// The variable that keeps a function from calling private addresses, where it is `deny`.
pub const PRIVATE_ADDRESSES_VARIABLE: &str = "PROMPTPILOT_PRIVATE_ADDRESSES";

/// The variable that carries the deployment's own secret token.
pub const TOKEN_VARIABLE: &str = "PROMPTPILOT_STATE_TOKEN";

/// Which deployment of which endpoint a function version is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The organization that owns it.
    pub organization: Uuid,
    /// The environment, by name.
    pub environment: String,
    /// The endpoint.
    pub endpoint: Uuid,
    /// The endpoint's version, counted from 1.
    pub version: u32,
    /// The attempt that brought it here.
    pub deployment: Uuid,
}
