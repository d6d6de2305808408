//! Everything that happens inside a deployed function: read the request, check it, render the
//! prompt, call the provider, answer or stream, record the call.
//!
//! A generated function is one `static` [`Endpoint`] and one call of [`serve`]. It names the
//! providers it uses by reference, so the linker leaves the others out.

pub mod endpoint;
pub mod provider;

pub use endpoint::Endpoint;
