//! Resource policies: the statements that `AddPermission` makes, and what they allow.

use serde_json::{Map, Value, json};

use crate::model::Policy;

const AUTH_TYPE: &str = "lambda:FunctionUrlAuthType";
/// How services are called.
const SERVICES: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];
const VIA_URL: &str = "lambda:InvokedViaFunctionUrl";

/// Whether the policy lets anybody call the function's URL. That takes two permissions: to call
/// the URL, and to invoke the function through it.
pub(crate) fn opens_url(policy: &Policy) -> bool {
    let url = [("StringEquals", AUTH_TYPE, "NONE")];
    let via_url = [("Bool", VIA_URL, "true")];
    let allows = |action, conditions: &[_]| {
        policy.statements.iter().any(|statement| allows_all(statement, action, conditions))
    };
    allows("lambda:InvokeFunctionUrl", &url) && allows("lambda:InvokeFunction", &via_url)
}

/// Whether a statement lets anybody do `action` when just these conditions hold.
fn allows_all(statement: &Value, action: &str, holding: &[(&str, &str, &str)]) -> bool {
    let named = statement["Action"]
        .as_str()
        .is_some_and(|it| matches!(it, "*" | "lambda:*") || it == action);
    let anybody = statement["Principal"] == "*";
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let met = conditions
        .flat_map(|(operator, tests)| {
            tests.as_object().into_iter().flatten().map(move |(key, value)| (operator, key, value))
        })
        .all(|(operator, key, value)| {
            holding.iter().any(|it| (it.0, it.1) == (operator.as_str(), key) && value == it.2)
        });
    statement["Effect"] == "Allow" && named && anybody && met
}

/// What `AddPermission` asks for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Permission {
    pub(crate) statement_id: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) principal: Option<String>,
    pub(crate) source_arn: Option<String>,
    pub(crate) source_account: Option<String>,
    pub(crate) event_source_token: Option<String>,
    pub(crate) function_url_auth_type: Option<String>,
    pub(crate) invoked_via_function_url: Option<bool>,
    #[serde(rename = "PrincipalOrgID")]
    pub(crate) principal_org_id: Option<String>,
    pub(crate) revision_id: Option<String>,
}

/// The statement of a permission on `resource`; `None` where its principal is none.
pub(crate) fn statement(permission: &Permission, resource: &str) -> Option<Value> {
    let principal = principal_of(permission.principal.as_deref()?)?;
    let mut statement = json!({
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": permission.action,
        "Resource": resource,
    });
    let condition = condition_of(permission);
    if !condition.is_empty() {
        statement["Condition"] = condition.into();
    }
    Some(statement)
}

fn principal_of(principal: &str) -> Option<Value> {
    let is_account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    match principal {
        "*" => Some("*".into()),
        _ if is_account => Some(json!({ "AWS": format!("arn:aws:iam::{principal}:root") })),
        _ if principal.starts_with("arn:") => Some(json!({ "AWS": principal })),
        _ if SERVICES.iter().any(|end| principal.ends_with(end)) => {
            Some(json!({ "Service": principal }))
        }
        _ => None,
    }
}

fn condition_of(permission: &Permission) -> Map<String, Value> {
    let equals = [
        ("AWS:SourceAccount", &permission.source_account),
        (AUTH_TYPE, &permission.function_url_auth_type),
        ("aws:PrincipalOrgID", &permission.principal_org_id),
        ("lambda:EventSourceToken", &permission.event_source_token),
    ];
    let equals: Map<String, Value> = equals
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())))
        .collect();
    let mut condition = Map::new();
    if !equals.is_empty() {
        condition.insert("StringEquals".to_owned(), equals.into());
    }
    if let Some(arn) = &permission.source_arn {
        condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
    }
    if let Some(via_url) = permission.invoked_via_function_url {
        condition.insert("Bool".to_owned(), json!({ VIA_URL: via_url.to_string() }));
    }
    condition
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn permission(action: &str) -> Permission {
        Permission {
            statement_id: Some("sid".to_owned()),
            action: Some(action.to_owned()),
            principal: Some("*".to_owned()),
            ..Permission::default()
        }
    }

    fn opens(permissions: &[&Permission]) -> bool {
        let statements = permissions.iter().map(|it| statement(it, "arn").unwrap()).collect();
        opens_url(&Policy { revision: String::new(), statements })
    }

    #[test]
    fn a_url_is_open_with_both_permissions_only() {
        let auth = Some("NONE".to_owned());
        let url =
            Permission { function_url_auth_type: auth, ..permission("lambda:InvokeFunctionUrl") };
        let via = Permission {
            invoked_via_function_url: Some(true),
            ..permission("lambda:InvokeFunction")
        };
        assert!(opens(&[&url, &via]));
        assert!(!opens(&[&url]) && !opens(&[&via]) && !opens(&[]));

        let narrow = Permission { source_account: Some("1".repeat(12)), ..url };
        assert!(!opens(&[&narrow, &via]), "a condition that an anonymous caller cannot meet");
        let iam = Some("AWS_IAM".to_owned());
        let other =
            Permission { function_url_auth_type: iam, ..permission("lambda:InvokeFunctionUrl") };
        assert!(!opens(&[&other, &via]));
    }

    #[test]
    fn principals_are_told_apart() {
        assert_eq!(principal_of("s3.amazonaws.com").unwrap()["Service"], "s3.amazonaws.com");
        assert_eq!(principal_of("123456789012").unwrap()["AWS"], "arn:aws:iam::123456789012:root");
        assert_eq!(principal_of("nobody"), None);
    }
}
