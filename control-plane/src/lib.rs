//! People and organizations, endpoints, their keys, the deploy pipeline and the call log, over Postgres and HTTP.
//!
//! Each feature is a folder that holds all of itself: `model.rs` has its types, `store.rs` its SQL
//! and nothing else has SQL, `routes.rs` its HTTP. The pipeline is `deploy/`, a file a stage.

mod artifacts;
pub mod audit;
pub mod budget;
pub mod calls;
pub mod credentials;
mod database;
pub mod deploy;
pub mod endpoints;
pub mod environments;
pub mod events;
pub mod execution;
mod http;
pub mod keys;
mod lambda;
pub mod mail;
mod migrate;
pub mod models;
pub mod organizations;
mod pages;
pub mod people;
mod plane;
pub mod prompts;
pub mod runs;
mod secret;
pub mod settings;
mod state;
pub mod status;
pub mod tokens;
mod upkeep;

pub use calls::ingest::{EnvelopeLine, IngestError, Ingested};
pub use deploy::build::{BuildError, Diagnostic, Export, Progress, export};
pub use http::page::Page;
pub use mail::{Mail, MailServer, MailServerError};
pub use migrate::{MigrateError, make_roles, migrate, schema_version};
pub use people::{Authority, AuthorityError};
pub use plane::{AdoptError, ConnectError, ControlPlane, LocalOwner, SignInError};
pub use secret::{NoKey, Secret, SecretKey, SecretToken};
pub use settings::{
    BuildSettings, Faults, LambdaTarget, Oidc, Rates, Settings, SignUps, WorkerSettings,
};
pub use upkeep::{Rotated, RotationError, SealFailure, deploy_progress, rotate_key};
