//! Everything that happens inside a deployed function: read the request, check it, render the
//! prompt, call the provider, answer or stream, record the call.
//!
//! A generated function is one `static` [`Endpoint`] and one call of [`serve`]. It names the
//! providers and the state store it uses by reference, so the linker leaves the others out.
//!
//! # Order of work in a call
//! 1. **parse** the event and the body;
//! 2. **key**, where the endpoint asks for one;
//! 3. **validate** the fields;
//! 4. **render** the prompt;
//! 5. *admit*: none yet; rate, idempotency, remembered answers and budget are asked for here in one
//!    round trip to the state store;
//! 6. **provider**, with retries and fallbacks;
//! 7. **validate the answer**, with one repair;
//! 8. **respond**;
//! 9. *settle*: none yet; what was reserved at 5 is settled here;
//! 10. **record**.

mod call;
pub mod endpoint;
mod entry;
mod event;
mod function;
#[cfg(feature = "serve")]
mod listen;
mod log;
mod output;
mod problem;
pub mod provider;
mod reply;
mod route;
mod runtime_api;
mod secret;
pub mod state;
pub mod transport;

pub use endpoint::Endpoint;
pub use entry::serve;
pub use secret::Secret;
