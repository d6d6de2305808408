//! Who may do what: every operation of the document, tried by everybody.

use std::collections::BTreeMap;

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    person::{Person, answer, kind},
    pilot::{Pilot, TOKEN},
};

const ROLES: [&str; 4] = ["viewer", "developer", "admin", "owner"];

/// Every operation with who may do it at least: `anybody`, `person` (whoever is known), a role, `key`: a
/// program with an API key, and no person, or `installation`: whoever has its own token, and nobody else.
const LEAST: &[(&str, &str)] = &[
    ("acceptInvitation", "person"),
    ("approveLogin", "viewer"),
    ("askForEmailVerification", "anybody"),
    ("askForPasswordReset", "anybody"),
    ("beginAuthenticator", "person"),
    ("beginIdentity", "person"),
    ("beginLogin", "anybody"),
    ("beginOidc", "anybody"),
    ("cancelDeployment", "developer"),
    ("changeMember", "admin"),
    ("changeOrganization", "admin"),
    ("changePassword", "person"),
    ("changePrompt", "developer"),
    ("changeVariables", "admin"),
    ("checkCredential", "admin"),
    ("checkDefinitions", "viewer"),
    ("checkTemplates", "viewer"),
    ("completeEmailVerification", "anybody"),
    ("completeOidc", "anybody"),
    ("completePasswordReset", "anybody"),
    ("completeSignIn", "anybody"),
    ("confirmAuthenticator", "person"),
    ("countCalls", "viewer"),
    ("createAccessToken", "viewer"),
    ("createApiKey", "admin"),
    ("createChatCompletion", "key"),
    ("createEnvironment", "admin"),
    ("createInvitation", "admin"),
    ("createOrganization", "person"),
    ("createPrompt", "developer"),
    ("deleteCredential", "admin"),
    ("deleteEndpoint", "developer"),
    ("deleteEnvironment", "admin"),
    ("deleteMe", "person"),
    ("deletePrompt", "developer"),
    ("deploy", "developer"),
    ("diffPrompt", "viewer"),
    ("endSession", "person"),
    ("eraseCalls", "admin"),
    ("executePrompt", "developer"),
    ("executePromptByKey", "key"),
    ("exportAudit", "admin"),
    ("exportCalls", "viewer"),
    ("exportPrompts", "viewer"),
    ("importPrompts", "developer"),
    ("ingestCalls", "developer"),
    ("isHealthy", "anybody"),
    ("isReady", "anybody"),
    ("leaveOrganization", "viewer"),
    ("limitApiKey", "admin"),
    ("listAccessTokens", "viewer"),
    ("listApiKeys", "viewer"),
    ("listAudit", "admin"),
    ("listCalls", "viewer"),
    ("listCredentials", "viewer"),
    ("listDeployments", "viewer"),
    ("listEndpoints", "viewer"),
    ("listEnvironments", "viewer"),
    ("listEvents", "viewer"),
    ("listIdentities", "person"),
    ("listInvitations", "admin"),
    ("listKnownModels", "viewer"),
    ("listLabelMoves", "viewer"),
    ("listLabelRules", "viewer"),
    ("listMembers", "viewer"),
    ("listModels", "key"),
    ("listOrganizations", "person"),
    ("listPromptTemplates", "viewer"),
    ("listPromptUses", "viewer"),
    ("listPromptVersions", "viewer"),
    ("listPrompts", "viewer"),
    ("listSessions", "person"),
    ("listVariables", "viewer"),
    ("listVersions", "viewer"),
    ("listWaysToSignIn", "anybody"),
    ("removeAuthenticator", "person"),
    ("removeBudget", "admin"),
    ("removeIdentity", "person"),
    ("removeLostAuthenticator", "installation"),
    ("removeMember", "admin"),
    ("removePromptLabel", "developer"),
    ("renewRecoveryCodes", "person"),
    ("replayCall", "developer"),
    ("restorePrompt", "developer"),
    ("planDeploy", "viewer"),
    ("promoteEndpoint", "developer"),
    ("retryDeployment", "developer"),
    ("revokeAccessToken", "viewer"),
    ("revokeApiKey", "admin"),
    ("revokeInvitation", "admin"),
    ("rollBackEndpoint", "developer"),
    ("rollBackPrompt", "developer"),
    ("rotateApiKey", "admin"),
    ("setBudget", "admin"),
    ("setLabelRule", "admin"),
    ("setPromptLabel", "developer"),
    ("setRetention", "admin"),
    ("showAuthenticator", "person"),
    ("showBudget", "viewer"),
    ("showCall", "viewer"),
    ("showCallHistogram", "viewer"),
    ("showDeployment", "viewer"),
    ("showDeploymentLog", "viewer"),
    ("showEndpoint", "viewer"),
    ("showInvitation", "anybody"),
    ("showLogin", "person"),
    ("showMe", "person"),
    ("showModel", "key"),
    ("showOrganization", "viewer"),
    ("showPrompt", "viewer"),
    ("showPromptVersion", "viewer"),
    ("showRetention", "viewer"),
    ("showSnippets", "viewer"),
    ("showSource", "viewer"),
    ("showStatus", "viewer"),
    ("signIn", "anybody"),
    ("signOut", "person"),
    ("signUp", "anybody"),
    ("storeCredential", "admin"),
    ("summarizeCalls", "viewer"),
    ("tryEndpoint", "developer"),
    ("usePromptTemplate", "developer"),
];

/// What access tokens may not do, whatever their person may.
const IN_PERSON: [&str; 19] = [
    "acceptInvitation",
    "approveLogin",
    "beginAuthenticator",
    "beginIdentity",
    "changePassword",
    "confirmAuthenticator",
    "createAccessToken",
    "createOrganization",
    "deleteMe",
    "endSession",
    "leaveOrganization",
    "listIdentities",
    "listSessions",
    "removeAuthenticator",
    "removeIdentity",
    "renewRecoveryCodes",
    "showAuthenticator",
    "showLogin",
    "signOut",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_open_to_its_least_role_and_those_above_only() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let owner = Person::sign_up(&pilot, "owner").await?;
    let mut people = BTreeMap::from([("owner", owner.clone())]);
    for role in &ROLES[..3] {
        let token = owner.invite(role).await?;
        people.insert(role, Person::sign_up_with(&pilot, role, Some(&token)).await?);
    }
    let stranger = Person::sign_up(&pilot, "stranger").await?;
    let org = owner.organization();
    let token = owner.token(org).await?;

    for Operation { id, method, path, .. } in operations(&pilot, org).await? {
        // These end what the test goes on with.
        let (is_open, is_last) = (least(&id) == "anybody", id == "signOut");
        let nobody = pilot.client.request(method.clone(), format!("{}{path}", pilot.url));
        let nobody = answer(nobody.json(&json!({}))).await?;
        if matches!(least(&id), "key" | "installation") {
            let by = |token: &str| {
                let request = pilot.client.request(method.clone(), format!("{}{path}", pilot.url));
                answer(request.bearer_auth(token).json(&json!({})))
            };
            let in_person = owner.send(method.clone(), &path, json!({})).await?;
            assert_eq!([nobody.0, by(&token).await?.0, in_person.0], [401; 3], "{id}");
            let opens = by(TOKEN).await?.0 != 401;
            assert_eq!(opens, least(&id) == "installation", "{id}");
            continue;
        }
        assert_eq!(kind(&nobody) == (401, "unauthorized"), !is_open, "{id} {nobody:?}");
        if is_open {
            continue;
        }
        let by_token = pilot.client.request(method.clone(), format!("{}{path}", pilot.url));
        let by_token = answer(by_token.bearer_auth(&token).json(&json!({}))).await?;
        let refused = kind(&by_token) == (403, "in-person-only");
        assert_eq!(refused, IN_PERSON.contains(&&*id), "{id} {by_token:?}");
        for (rank, role) in ROLES.iter().enumerate() {
            if is_last || (id == "leaveOrganization" && *role != "owner") {
                continue;
            }
            let tried = people[role].send(method.clone(), &path, json!({})).await?;
            let needed = ROLES.iter().position(|role| *role == least(&id));
            let may = needed.is_none_or(|needed| rank >= needed);
            assert_eq!(kind(&tried) != (403, "role-insufficient"), may, "{id} {role} {tried:?}");
            assert!(!matches!(tried.0, 401 | 405 | 500), "{id} {role} {tried:?}");
        }
        if least(&id) != "person" {
            let tried = stranger.send(method, &path, json!({})).await?;
            assert_eq!(kind(&tried), (404, "organization-not-found"), "{id}");
        }
    }
    pilot.stop().await
}

/// Who may do an operation at least. One that nobody has decided on fails the test.
fn least(id: &str) -> &'static str {
    let found = LEAST.iter().find(|(of, _)| *of == id);
    found.unwrap_or_else(|| panic!("who may do `{id}`?")).1
}

struct Operation {
    id: String,
    method: Method,
    path: String,
}

/// Every operation with a path, whose ids nothing has.
async fn operations(pilot: &Pilot, org: &str) -> Result<Vec<Operation>, Failure> {
    let document = pilot.client.get(format!("{}/api/openapi.json", pilot.url)).send().await?;
    let document: Value = document.json().await?;
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path
                .replace("{organization}", org)
                .replace("{id}", &uuid::Uuid::now_v7().to_string())
                .replace("{name}", "nobody")
                .replace("{key}", "nobody")
                .replace("{version}", "1")
                .replace("{label}", "nobody")
                .replace("{email}", "nobody@example.com")
                .replace("{code}", "BCDF-GHJK");
            assert!(!path.contains('{'), "{path}");
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse()?,
                path: format!("{path}?org={org}"),
            });
        }
    }
    assert_eq!(operations.len(), LEAST.len());
    Ok(operations)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_may_is_told_as_it_is() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let owner = Person::sign_up(&pilot, "owner").await?;
    let token = owner.invite("viewer").await?;
    let viewer = Person::sign_up_with(&pilot, "viewer", Some(&token)).await?;
    let mine = &viewer.me["organizations"][1];
    assert_eq!((&mine["slug"], &mine["role"]), (&json!(owner.organization()), &json!("viewer")));
    let may = |operation: &str| {
        mine["permissions"].as_array().unwrap().iter().any(|known| known == operation)
    };
    assert!(may("GET /api/deployments") && !may("POST /api/deployments"));
    pilot.stop().await
}
