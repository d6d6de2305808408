//! Function URLs: an HTTP request becomes an event, the answer an HTTP response.

mod address;
mod cors;
mod event;
mod prelude;
mod response;
mod route;

pub(crate) use address::{PATH_PREFIX, is_for_url};
pub(crate) use route::{Peer, handle};
