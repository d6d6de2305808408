//! What survives: functions, their code, and the keys. Every write is a new file renamed into
//! place, so that a kill at any instant leaves the old state or the new one.

mod code;
pub(crate) mod files;
mod functions;
mod layout;
mod package;
mod secrets;

pub(crate) use code::{CodeStore, Pin};
pub(crate) use files::{read_or_create_private, replace};
pub(crate) use functions::FunctionStore;
pub(crate) use layout::Layout;
pub(crate) use package::CodeError;
pub(crate) use secrets::{Sealed, Secrets, SecretsError};
