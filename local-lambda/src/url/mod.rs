//! Function URLs: an HTTP request becomes an event, the answer an HTTP response.

mod event;
mod prelude;
mod response;
mod route;

pub(crate) use route::{PATH_PREFIX, handle};
