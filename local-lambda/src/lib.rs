//! One machine's AWS Lambda: the REST API, the Runtime API and function URLs.
//!
//! [`Host::start`] opens one listener. Clients made for the service (the SDKs, the AWS CLI) create
//! functions there when they are given its address as their endpoint; HTTP clients call function
//! URLs at `/e/<url-id>/`. What functions print is read through [`Output`].

mod api;
mod arn;
mod auth;
mod body;
mod caller;
mod clock;
mod context;
mod engine;
mod events;
mod front;
mod host;
mod invocation;
mod model;
mod output;
mod policy;
mod process;
mod registry;
mod runtime_api;
mod s3;
mod settings;
mod store;
mod url;

pub use auth::Credentials;
pub use host::{Host, StartError};
pub use output::{Line, Output, Subscriber};
pub use process::{Limits, Sandbox};
pub use settings::{Disconnect, Settings, Tls};
