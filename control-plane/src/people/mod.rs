//! People: how they come in, who they are, and what they may do.

pub(crate) mod access;
mod account;
pub(crate) mod admit;
mod caller;
mod cookie;
mod mailed;
pub mod model;
pub(crate) mod oidc;
mod password;
mod reset;
pub(crate) mod routes;
pub(crate) mod second_step;
mod session;
mod sessions;
mod sign_in;
pub(crate) mod store;
mod throttle;
mod verification;

pub use access::Role;
pub(crate) use caller::{Caller, RecentCallers, Via};
pub use oidc::{Authority, AuthorityError};
pub(crate) use session::begin_local;
pub(crate) use sessions::memberships;
pub(crate) use sign_in::check_email;
pub(crate) use throttle::Throttle;
