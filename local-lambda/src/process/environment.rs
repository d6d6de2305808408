//! The environment a function starts with: what the service sets, then what its owner set.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use super::Unit;

/// Set by its owner where a process takes several calls at once.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
const MOST_CONCURRENCY: usize = 1024;

/// How many calls a process with these variables holds at once.
pub(crate) fn max_concurrency(variables: &BTreeMap<String, String>) -> usize {
    let asked = variables.get(MAX_CONCURRENCY).and_then(|value| value.parse().ok());
    asked.unwrap_or(1).clamp(1, MOST_CONCURRENCY)
}

/// What a process must know of where it runs.
pub(super) struct Surroundings<'a> {
    pub(super) region: &'a str,
    pub(super) runtime_api: SocketAddr,
    pub(super) task_root: &'a Path,
    pub(super) log_stream: &'a str,
    /// Where its temporary files go, if that is not `/tmp`.
    pub(super) tmp: Option<&'a Path>,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(super) initialization: &'a str,
}

/// All variables of a new process. There are no credentials among them: the host has none to give.
pub(super) fn variables(
    unit: &Unit,
    surroundings: &Surroundings<'_>,
    own: BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let settings = &unit.version.settings;
    let task_root = surroundings.task_root.to_string_lossy();
    let log_group = settings.logging["LogGroup"].as_str().unwrap_or_default();
    let fixed: [(&str, &str); 18] = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        (
            "LD_LIBRARY_PATH",
            &format!(
                "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:{task_root}:{task_root}/lib:/opt/lib"
            ),
        ),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", settings.handler.as_deref().unwrap_or_default()),
        ("LAMBDA_TASK_ROOT", &task_root),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("AWS_REGION", surroundings.region),
        ("AWS_DEFAULT_REGION", surroundings.region),
        ("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", settings.runtime)),
        ("AWS_LAMBDA_FUNCTION_NAME", &unit.function),
        ("AWS_LAMBDA_FUNCTION_VERSION", &unit.number),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &settings.memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", surroundings.initialization),
        ("AWS_LAMBDA_LOG_GROUP_NAME", log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", surroundings.log_stream),
        ("AWS_LAMBDA_RUNTIME_API", &surroundings.runtime_api.to_string()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ];
    let mut all: BTreeMap<String, String> =
        fixed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if let Some(tmp) = surroundings.tmp {
        all.insert("TMPDIR".to_owned(), tmp.to_string_lossy().into_owned());
    }
    // The service lets owners change what is not reserved, `PATH` and `TZ` for example.
    all.extend(own);
    all.into_iter().collect()
}
