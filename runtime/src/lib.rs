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
//! 5. **admit**: rate, repeats and remembered answers are asked for in one round trip to the state
//!    store;
//! 6. **provider**, with retries and fallbacks, each attempt out of a budget where there is one;
//! 7. **validate the answer**, with one repair;
//! 8. **respond**;
//! 9. **finish**: what is to be remembered is put into the state store;
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
mod purse;
mod reply;
mod route;
mod runtime_api;
mod secret;
pub mod state;
pub mod transport;

pub use endpoint::Endpoint;
pub use entry::serve;
pub use secret::Secret;

/// A prompt run by itself, in a program that links this as a library.
pub mod studio {
    pub use crate::call::studio::{Funds, OwnBudget, Ran, Refused, Run, keep, run, usd};
}
