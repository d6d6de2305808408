//! The operations of the service as plain HTTP requests: nothing here knows more than their paths.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Name, method, path, and the members that go into the query. What is left is the body.
const OPERATIONS: &[(&str, &str, &str, &[&str])] = &[
    ("AddPermission", "POST", "/2015-03-31/functions/{FunctionName}/policy", &["Qualifier"]),
    ("CreateAlias", "POST", "/2015-03-31/functions/{FunctionName}/aliases", &[]),
    ("CreateFunction", "POST", "/2015-03-31/functions", &[]),
    ("CreateFunctionUrlConfig", "POST", "/2021-10-31/functions/{FunctionName}/url", &["Qualifier"]),
    ("DeleteAlias", "DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", &[]),
    ("DeleteFunction", "DELETE", "/2015-03-31/functions/{FunctionName}", &["Qualifier"]),
    (
        "DeleteFunctionCodeSigningConfig",
        "DELETE",
        "/2020-06-30/functions/{FunctionName}/code-signing-config",
        &[],
    ),
    (
        "DeleteFunctionConcurrency",
        "DELETE",
        "/2017-10-31/functions/{FunctionName}/concurrency",
        &[],
    ),
    (
        "DeleteFunctionEventInvokeConfig",
        "DELETE",
        "/2019-09-25/functions/{FunctionName}/event-invoke-config",
        &["Qualifier"],
    ),
    (
        "DeleteFunctionUrlConfig",
        "DELETE",
        "/2021-10-31/functions/{FunctionName}/url",
        &["Qualifier"],
    ),
    (
        "DeleteProvisionedConcurrencyConfig",
        "DELETE",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
        &["Qualifier"],
    ),
    ("GetAccountSettings", "GET", "/2016-08-19/account-settings", &[]),
    ("GetAlias", "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", &[]),
    ("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}", &["Qualifier"]),
    (
        "GetFunctionCodeSigningConfig",
        "GET",
        "/2020-06-30/functions/{FunctionName}/code-signing-config",
        &[],
    ),
    ("GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency", &[]),
    (
        "GetFunctionConfiguration",
        "GET",
        "/2015-03-31/functions/{FunctionName}/configuration",
        &["Qualifier"],
    ),
    (
        "GetFunctionEventInvokeConfig",
        "GET",
        "/2019-09-25/functions/{FunctionName}/event-invoke-config",
        &["Qualifier"],
    ),
    ("GetFunctionUrlConfig", "GET", "/2021-10-31/functions/{FunctionName}/url", &["Qualifier"]),
    ("GetPolicy", "GET", "/2015-03-31/functions/{FunctionName}/policy", &["Qualifier"]),
    (
        "GetProvisionedConcurrencyConfig",
        "GET",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
        &["Qualifier"],
    ),
    ("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations", &["Qualifier"]),
    (
        "ListAliases",
        "GET",
        "/2015-03-31/functions/{FunctionName}/aliases",
        &["FunctionVersion", "Marker", "MaxItems"],
    ),
    (
        "ListFunctionEventInvokeConfigs",
        "GET",
        "/2019-09-25/functions/{FunctionName}/event-invoke-config/list",
        &["Marker", "MaxItems"],
    ),
    (
        "ListFunctionUrlConfigs",
        "GET",
        "/2021-10-31/functions/{FunctionName}/urls",
        &["Marker", "MaxItems"],
    ),
    (
        "ListFunctions",
        "GET",
        "/2015-03-31/functions",
        &["FunctionVersion", "MasterRegion", "Marker", "MaxItems"],
    ),
    (
        "ListProvisionedConcurrencyConfigs",
        "GET",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL",
        &["Marker", "MaxItems"],
    ),
    ("ListTags", "GET", "/2017-03-31/tags/{Resource}", &[]),
    (
        "ListVersionsByFunction",
        "GET",
        "/2015-03-31/functions/{FunctionName}/versions",
        &["Marker", "MaxItems"],
    ),
    ("PublishVersion", "POST", "/2015-03-31/functions/{FunctionName}/versions", &[]),
    (
        "PutFunctionCodeSigningConfig",
        "PUT",
        "/2020-06-30/functions/{FunctionName}/code-signing-config",
        &[],
    ),
    ("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency", &[]),
    (
        "PutFunctionEventInvokeConfig",
        "PUT",
        "/2019-09-25/functions/{FunctionName}/event-invoke-config",
        &["Qualifier"],
    ),
    (
        "PutProvisionedConcurrencyConfig",
        "PUT",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
        &["Qualifier"],
    ),
    (
        "RemovePermission",
        "DELETE",
        "/2015-03-31/functions/{FunctionName}/policy/{StatementId}",
        &["Qualifier", "RevisionId"],
    ),
    ("TagResource", "POST", "/2017-03-31/tags/{Resource}", &[]),
    ("UntagResource", "DELETE", "/2017-03-31/tags/{Resource}", &["tagKeys"]),
    ("UpdateAlias", "PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", &[]),
    ("UpdateFunctionCode", "PUT", "/2015-03-31/functions/{FunctionName}/code", &[]),
    (
        "UpdateFunctionConfiguration",
        "PUT",
        "/2015-03-31/functions/{FunctionName}/configuration",
        &[],
    ),
    (
        "UpdateFunctionEventInvokeConfig",
        "POST",
        "/2019-09-25/functions/{FunctionName}/event-invoke-config",
        &["Qualifier"],
    ),
    ("UpdateFunctionUrlConfig", "PUT", "/2021-10-31/functions/{FunctionName}/url", &["Qualifier"]),
];

/// A request to be sent.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The request of an operation with these members.
pub(crate) fn request(operation: &str, mut members: Map<String, Value>) -> Request {
    let found = OPERATIONS.iter().find(|it| it.0 == operation);
    let (_, method, template, in_query) =
        found.unwrap_or_else(|| panic!("there is no operation {operation}"));
    let mut path = (*template).to_owned();
    while let Some((before, rest)) = path.split_once('{') {
        let (member, after) = rest.split_once('}').expect("a closing brace");
        let value = text(&members.remove(member).unwrap_or_else(|| panic!("{operation} {member}")));
        path = format!("{before}{}{after}", encoded(&value));
    }
    for member in *in_query {
        for value in members.remove(*member).iter().flat_map(values) {
            let sign = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{sign}{member}={}", encoded(&text(value)));
        }
    }
    let header = |(member, name)| Some((name, text(&members.remove(member)?)));
    let in_headers = [
        ("InvocationType", "x-amz-invocation-type"),
        ("LogType", "x-amz-log-type"),
        ("ClientContext", "x-amz-client-context"),
    ];
    let headers = match operation {
        "Invoke" => in_headers.into_iter().filter_map(header).collect(),
        _ => Vec::new(),
    };
    let body = match members.remove("Payload").filter(|_| operation == "Invoke") {
        Some(payload) => text(&payload).into_bytes(),
        None if members.is_empty() => Vec::new(),
        None => Value::from(members).to_string().into_bytes(),
    };
    Request { method, path, headers, body }
}

fn values(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
