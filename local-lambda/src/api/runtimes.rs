//! The service's runtimes, and which of them this host runs.

use super::error::ApiError;

/// All that the service takes, in the order of its error message.
const KNOWN: [&str; 25] = [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
];

/// Those that it took once.
const DEPRECATED: [&str; 16] = [
    "dotnet5.0",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
    "ruby2.5",
    "ruby2.7",
];

/// Those that run here: their own `bootstrap`, or an interpreter of the machine.
const RUNNABLE: [&str; 11] = [
    "provided.al2023",
    "provided.al2",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
];

/// The runtime, if a function may have it.
pub(super) fn checked(runtime: &str) -> Result<String, ApiError> {
    if DEPRECATED.contains(&runtime) {
        return Err(ApiError::invalid(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating \
             AWS Lambda functions. We recommend you use a supported runtime while creating or \
             updating functions."
        )));
    }
    if !KNOWN.contains(&runtime) {
        return Err(ApiError::invalid(format!(
            "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum \
             value set: [{}] or be a valid ARN",
            KNOWN.join(", ")
        )));
    }
    if !RUNNABLE.contains(&runtime) {
        return Err(ApiError::invalid(format!(
            "The runtime {runtime} is not available on this host (here are {}; others can bring a \
             bootstrap of their own)",
            RUNNABLE.join(", ")
        )));
    }
    Ok(runtime.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn runtimes_are_known_deprecated_or_elsewhere() {
        assert_eq!(checked("provided.al2023").unwrap(), "provided.al2023");
        let told = |runtime| format!("{:?}", checked(runtime).unwrap_err());
        assert!(told("go1.x").contains("no longer supported"));
        assert!(told("cobol").contains("or be a valid ARN"));
        assert!(told("java21").contains("not available on this host"));
    }
}
