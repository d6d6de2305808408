//! What the API says: the control plane's own types, and the few that only a client reads.

use promptpilot_codegen::{Finding, Plan};
use serde::Deserialize;

pub(crate) use promptpilot_control_plane::audit::model::AuditEvent;
pub(crate) use promptpilot_control_plane::budget::model::{Budget, BudgetState};
pub(crate) use promptpilot_control_plane::calls::erasure::model::ErasedCalls;
pub(crate) use promptpilot_control_plane::credentials::model::{
    ChangedCredential, CheckRequest as CredentialCheck, CheckResult as CredentialChecked,
    Credential, DeletedCredential, NewCredential,
};
pub(crate) use promptpilot_control_plane::deploy::model::{
    Accepted, Batch, DeployRequest, Deployment, LogLine, PromoteRequest, Source, Status,
    StatusEvent,
};
pub(crate) use promptpilot_control_plane::deploy::plan::model::{
    Action, DeployPlan, EndpointPlan, PlanRequest,
};
pub(crate) use promptpilot_control_plane::endpoints::model::{
    CheckRequest, Endpoint, RollbackRequest, RolledBack,
};
pub(crate) use promptpilot_control_plane::environments::{
    model::{DeletedEnvironment, Environment, NewEnvironment},
    variables::model::{ChangedVariables, Variable, VariableChanges},
};
pub(crate) use promptpilot_control_plane::keys::model::{
    ApiKey, CreatedKey, KeyLimits, KeyRotation, NewKey, PromptScope,
};
pub(crate) use promptpilot_control_plane::models::model::ListedModel;
pub(crate) use promptpilot_control_plane::organizations::model::{
    CreatedInvitation, Member, NewInvitation, RoleChange,
};
pub(crate) use promptpilot_control_plane::people::{
    Role,
    model::{Me, Membership},
};
pub(crate) use promptpilot_control_plane::prompts::{
    labels::model::{LabelMoved, LabelTarget},
    library::PromptTemplate,
    model::{
        Change, Content, NewPrompt, PromptChange, PromptDiff, PromptRollback, PromptVersion,
        StoredPrompt, TextDiff,
    },
};
pub(crate) use promptpilot_control_plane::runs::model::{
    RunDelta, RunRequest, RunResult, RunVariant,
};
pub(crate) use promptpilot_control_plane::status::model::SystemStatus;
pub(crate) use promptpilot_control_plane::tokens::model::{Login, NewLogin};

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next one begins; absent on the last.
    pub(crate) next: Option<String>,
}

/// The answer to a check, as far as it is shown: one result for each definition, in their order.
#[derive(Debug, Deserialize)]
pub(crate) struct CheckAnswer {
    pub(crate) results: Vec<Checked>,
}

/// What the server found in one definition.
#[derive(Debug, Deserialize)]
pub(crate) struct Checked {
    pub(crate) findings: Vec<Finding>,
    /// What would be deployed, where nothing is wrong.
    pub(crate) plan: Option<Plan>,
}
