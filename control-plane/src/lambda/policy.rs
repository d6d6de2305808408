//! Who may call a function's URL: two statements, both needed since October 2025.

use aws_sdk_lambda::{Client, types::FunctionUrlAuthType};
use serde_json::Value;

use super::{ALIAS, LambdaError};

const URL_STATEMENT: &str = "promptpilot-url";
const INVOKE_STATEMENT: &str = "promptpilot-invoke";

/// Makes both permissions be there, exactly: what is missing is added, what is wider is replaced.
/// Says what it mended.
pub(crate) async fn ensure(
    client: &Client,
    function: &str,
) -> Result<Vec<&'static str>, LambdaError> {
    let policy = read(client, function).await?;
    let mut mended = Vec::new();
    for statement in [URL_STATEMENT, INVOKE_STATEMENT] {
        match state(&policy, statement) {
            Statement::Right => continue,
            Statement::Missing => {}
            Statement::Wrong => remove(client, function, statement).await?,
        }
        add(client, function, statement).await?;
        mended.push(statement);
    }
    Ok(mended)
}

async fn read(client: &Client, function: &str) -> Result<Value, LambdaError> {
    let answer = client
        .get_policy()
        .function_name(function)
        .qualifier(ALIAS)
        .send()
        .await
        .map_err(LambdaError::from_sdk("read who may call the function"));
    match answer {
        Ok(policy) => {
            Ok(serde_json::from_str(policy.policy().unwrap_or_default()).unwrap_or(Value::Null))
        }
        Err(error) if error.not_found() => Ok(Value::Null),
        Err(error) => Err(error),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Statement {
    Right,
    Wrong,
    Missing,
}

fn state(policy: &Value, id: &str) -> Statement {
    let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(statement) = statements.iter().find(|statement| statement["Sid"] == id) else {
        return Statement::Missing;
    };
    let (action, key, value) = match id {
        URL_STATEMENT => ("lambda:InvokeFunctionUrl", "lambda:FunctionUrlAuthType", "NONE"),
        _ => ("lambda:InvokeFunction", "lambda:InvokedViaFunctionUrl", "true"),
    };
    // The condition is what keeps the second one from opening the function to every account.
    let conditions = statement["Condition"].as_object();
    let condition = conditions
        .and_then(|operators| operators.values().find_map(|operator| operator.get(key)))
        .map(|found| found.as_str().map_or_else(|| found.to_string(), ToOwned::to_owned));
    if statement["Effect"] == "Allow"
        && statement["Action"] == action
        && condition.as_deref() == Some(value)
    {
        Statement::Right
    } else {
        Statement::Wrong
    }
}

async fn remove(client: &Client, function: &str, statement: &str) -> Result<(), LambdaError> {
    let done = client
        .remove_permission()
        .function_name(function)
        .qualifier(ALIAS)
        .statement_id(statement)
        .send()
        .await
        .map_err(LambdaError::from_sdk("take back a permission that is not as it should be"));
    match done {
        Err(error) if !error.not_found() => Err(error),
        _ => Ok(()),
    }
}

async fn add(client: &Client, function: &str, statement: &str) -> Result<(), LambdaError> {
    let request = client
        .add_permission()
        .function_name(function)
        .qualifier(ALIAS)
        .statement_id(statement)
        .principal("*");
    let request = match statement {
        URL_STATEMENT => request
            .action("lambda:InvokeFunctionUrl")
            .function_url_auth_type(FunctionUrlAuthType::None),
        _ => request.action("lambda:InvokeFunction").invoked_via_function_url(true),
    };
    let done = request
        .send()
        .await
        .map_err(LambdaError::from_sdk("allow calls through the function's URL"));
    match done {
        // Another worker was faster.
        Err(error) if !error.conflict() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(id: &str, action: &str, condition: &Value) -> Value {
        json!({"Statement": [{
            "Sid": id, "Effect": "Allow", "Principal": "*", "Action": action, "Condition": condition
        }]})
    }

    #[test]
    fn a_statement_without_its_condition_is_wrong() {
        let action = "lambda:InvokeFunction";
        let right = json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}});
        for (condition, state_of_it) in [
            (right, Statement::Right),
            (json!({}), Statement::Wrong),
            (json!({"Bool": {"lambda:InvokedViaFunctionUrl": "false"}}), Statement::Wrong),
        ] {
            let policy = policy(INVOKE_STATEMENT, action, &condition);
            assert_eq!(state(&policy, INVOKE_STATEMENT), state_of_it, "{condition}");
            assert_eq!(state(&policy, URL_STATEMENT), Statement::Missing);
        }
    }

    #[test]
    fn the_url_statement_names_its_auth_type() {
        let action = "lambda:InvokeFunctionUrl";
        let condition = json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}});
        assert_eq!(
            state(&policy(URL_STATEMENT, action, &condition), URL_STATEMENT),
            Statement::Right
        );
        assert_eq!(
            state(&policy(URL_STATEMENT, "lambda:*", &condition), URL_STATEMENT),
            Statement::Wrong
        );
        assert_eq!(state(&Value::Null, URL_STATEMENT), Statement::Missing);
    }
}
