//! Operations that the service has and this host does not. They are told by name.

use super::error::ApiError;

/// Name, method and path, `*` for what varies.
const OPERATIONS: [(&str, &str, &str); 41] = [
    ("AddLayerVersionPermission", "POST", "2018-10-31/layers/*/versions/*/policy"),
    ("CheckpointDurableExecution", "POST", "2025-12-01/durable-executions/*/checkpoint"),
    ("CreateCapacityProvider", "POST", "2025-11-30/capacity-providers"),
    ("CreateCodeSigningConfig", "POST", "2020-04-22/code-signing-configs"),
    ("CreateEventSourceMapping", "POST", "2015-03-31/event-source-mappings"),
    ("DeleteCapacityProvider", "DELETE", "2025-11-30/capacity-providers/*"),
    ("DeleteCodeSigningConfig", "DELETE", "2020-04-22/code-signing-configs/*"),
    ("DeleteEventSourceMapping", "DELETE", "2015-03-31/event-source-mappings/*"),
    ("DeleteLayerVersion", "DELETE", "2018-10-31/layers/*/versions/*"),
    ("GetCapacityProvider", "GET", "2025-11-30/capacity-providers/*"),
    ("GetCodeSigningConfig", "GET", "2020-04-22/code-signing-configs/*"),
    ("GetDurableExecution", "GET", "2025-12-01/durable-executions/*"),
    ("GetDurableExecutionHistory", "GET", "2025-12-01/durable-executions/*/history"),
    ("GetDurableExecutionState", "GET", "2025-12-01/durable-executions/*/state"),
    ("GetEventSourceMapping", "GET", "2015-03-31/event-source-mappings/*"),
    ("GetFunctionRecursionConfig", "GET", "2024-08-31/functions/*/recursion-config"),
    ("GetFunctionScalingConfig", "GET", "2025-11-30/functions/*/function-scaling-config"),
    ("GetLayerVersion", "GET", "2018-10-31/layers/*/versions/*"),
    ("GetLayerVersionPolicy", "GET", "2018-10-31/layers/*/versions/*/policy"),
    ("GetRuntimeManagementConfig", "GET", "2021-07-20/functions/*/runtime-management-config"),
    ("InvokeAsync", "POST", "2014-11-13/functions/*/invoke-async"),
    ("ListCapacityProviders", "GET", "2025-11-30/capacity-providers"),
    ("ListCodeSigningConfigs", "GET", "2020-04-22/code-signing-configs"),
    ("ListDurableExecutionsByFunction", "GET", "2025-12-01/functions/*/durable-executions"),
    ("ListEventSourceMappings", "GET", "2015-03-31/event-source-mappings"),
    (
        "ListFunctionVersionsByCapacityProvider",
        "GET",
        "2025-11-30/capacity-providers/*/function-versions",
    ),
    ("ListFunctionsByCodeSigningConfig", "GET", "2020-04-22/code-signing-configs/*/functions"),
    ("ListLayerVersions", "GET", "2018-10-31/layers/*/versions"),
    ("ListLayers", "GET", "2018-10-31/layers"),
    ("PublishLayerVersion", "POST", "2018-10-31/layers/*/versions"),
    ("PutFunctionRecursionConfig", "PUT", "2024-08-31/functions/*/recursion-config"),
    ("PutFunctionScalingConfig", "PUT", "2025-11-30/functions/*/function-scaling-config"),
    ("PutRuntimeManagementConfig", "PUT", "2021-07-20/functions/*/runtime-management-config"),
    ("RemoveLayerVersionPermission", "DELETE", "2018-10-31/layers/*/versions/*/policy/*"),
    (
        "SendDurableExecutionCallbackFailure",
        "POST",
        "2025-12-01/durable-execution-callbacks/*/fail",
    ),
    (
        "SendDurableExecutionCallbackHeartbeat",
        "POST",
        "2025-12-01/durable-execution-callbacks/*/heartbeat",
    ),
    (
        "SendDurableExecutionCallbackSuccess",
        "POST",
        "2025-12-01/durable-execution-callbacks/*/succeed",
    ),
    ("StopDurableExecution", "POST", "2025-12-01/durable-executions/*/stop"),
    ("UpdateCapacityProvider", "PUT", "2025-11-30/capacity-providers/*"),
    ("UpdateCodeSigningConfig", "PUT", "2020-04-22/code-signing-configs/*"),
    ("UpdateEventSourceMapping", "PUT", "2015-03-31/event-source-mappings/*"),
];

/// The error for a path that leads to no operation of ours.
pub(super) fn refused(method: &str, path: &[&str]) -> ApiError {
    let operation =
        OPERATIONS.iter().find(|(_, its, pattern)| *its == method && matches(pattern, path));
    match operation {
        Some((name, ..)) => ApiError::not_implemented(name),
        None => {
            let what = format!("The operation `{method} /{}`", path.join("/"));
            ApiError::not_implemented(&what)
        }
    }
}

fn matches(pattern: &str, path: &[&str]) -> bool {
    let parts: Vec<_> = pattern.split('/').collect();
    parts.len() == path.len()
        && parts.iter().zip(path).all(|(part, given)| *part == "*" || part == given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_is_not_there_is_told_by_name() {
        let body = |method, path: &[&str]| format!("{:?}", refused(method, path));
        assert!(body("GET", &["2018-10-31", "layers"]).contains("ListLayers is not available"));
        let permission = ["2018-10-31", "layers", "a", "versions", "1", "policy", "sid"];
        assert!(body("DELETE", &permission).contains("RemoveLayerVersionPermission"));
        assert!(body("GET", &["nothing"]).contains("`GET /nothing`"));
    }
}
