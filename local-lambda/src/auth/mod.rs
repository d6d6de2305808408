//! Who may talk to the REST API: requests signed with this host's keys, to a loopback name, and
//! not from a web page.

mod credentials;
mod origin;
mod signature;

pub use credentials::Credentials;
pub(crate) use origin::check as check_origin;
pub(crate) use signature::verify;
