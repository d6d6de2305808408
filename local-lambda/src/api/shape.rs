//! `FunctionConfiguration` as replies show it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::arn::{function_arn, qualified_arn};
use crate::context::Context;
use crate::model::Version;

use super::error::ApiError;

/// How far a version has settled. It settles at once here, but a reply to a change tells the state
/// before that, as the service's does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    Creating,
    Updating,
    Yes,
    /// Lists tell no states.
    Untold,
}

/// A version as a reply shows it.
pub(super) struct Shown<'a> {
    pub(super) name: &'a str,
    pub(super) number: &'a str,
    /// The qualifier in the ARN, if any.
    pub(super) qualifier: Option<&'a str>,
    pub(super) version: &'a Version,
    pub(super) settled: Settled,
}

/// The reply's JSON.
pub(super) fn configuration(context: &Context, shown: &Shown<'_>) -> Result<Value, ApiError> {
    let Shown { name, number, qualifier, version, settled } = shown;
    let settings = &version.settings;
    let arn = match qualifier {
        Some(qualifier) => qualified_arn(&context.region, name, qualifier),
        None => function_arn(&context.region, name),
    };
    let mut shape = json!({
        "FunctionName": name,
        "FunctionArn": arn,
        "Runtime": settings.runtime,
        "Role": settings.role,
        "CodeSize": version.code.size,
        "CodeSha256": version.code.sha256,
        "Description": version.description,
        "Timeout": settings.timeout_seconds,
        "MemorySize": settings.memory_mb,
        "LastModified": version.modified,
        "Version": number,
        "TracingConfig": { "Mode": settings.tracing },
        "RevisionId": version.revision,
        "PackageType": "Zip",
        "Architectures": [settings.architecture],
        "EphemeralStorage": { "Size": settings.ephemeral_storage_mb },
        "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": settings.logging,
    });
    if let Some(handler) = &settings.handler {
        shape["Handler"] = handler.as_str().into();
    }
    if let Some(sealed) = &settings.environment {
        shape["Environment"] = match context.secrets.open_sealed(name, sealed) {
            Ok(variables) => json!({ "Variables": variables }),
            Err(error) => {
                json!({ "Error": { "ErrorCode": "AccessDeniedException", "Message": error.to_string() } })
            }
        };
    }
    if *settled != Settled::Untold {
        let runtime = hex::encode(Sha256::digest(settings.runtime.as_bytes()));
        let runtime = format!("arn:aws:lambda:{}::runtime:{runtime}", context.region);
        shape["RuntimeVersionConfig"] = json!({ "RuntimeVersionArn": runtime });
    }
    tell_state(&mut shape, *settled);
    Ok(shape)
}

fn tell_state(shape: &mut Value, settled: Settled) {
    const REASON: &str = "The function is being created.";
    let mut set = |member: &str, value: &str| shape[member] = value.into();
    match settled {
        Settled::Creating => {
            set("State", "Pending");
            set("StateReason", REASON);
            set("StateReasonCode", "Creating");
        }
        Settled::Updating => {
            set("State", "Active");
            set("LastUpdateStatus", "InProgress");
            set("LastUpdateStatusReason", REASON);
            set("LastUpdateStatusReasonCode", "Creating");
        }
        Settled::Yes => {
            set("State", "Active");
            set("LastUpdateStatus", "Successful");
        }
        Settled::Untold => {}
    }
}
