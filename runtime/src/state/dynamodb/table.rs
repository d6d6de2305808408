//! Requests to DynamoDB: JSON over the function's own client, signed. A whole SDK would be a
//! multiple of all the rest of a function.

use std::time::Duration;

use futures::StreamExt;
use http::Method;
use promptpilot_spec::state;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Item;
use crate::{
    provider::{Request, Scope},
    transport::{AwsKeys, Reply, send_signed},
};

/// Largest answer that is read, in bytes: DynamoDB's largest is that of a batch.
const MAX_ANSWER: usize = 20 * 1024 * 1024;

/// So many items are read at once at the most.
pub const MOST_AT_ONCE: usize = 100;

/// How often a request is sent that DynamoDB holds back, and the first wait in between.
const TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(25);

/// A table, and as whom it is asked.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    region: String,
    url: String,
    keys: AwsKeys,
}

/// Why a table did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No answer came, or not a whole one.
    #[error("{0}")]
    Unreachable(String),
    /// DynamoDB answered that it would not.
    #[error("DynamoDB refused: {kind}: {message}")]
    Refused {
        /// The last part of its kind, such as `ResourceNotFoundException`.
        kind: String,
        /// In its own words.
        message: String,
    },
    /// What it answered is not understood.
    #[error("DynamoDB answered in a way that is not understood: {0}")]
    Unclear(String),
}

/// What a write under a condition came to.
#[derive(Debug)]
pub(super) enum Written {
    /// It was made; with the attributes that were asked for.
    Yes(Item),
    /// The condition did not hold; with the item as it is.
    No(Option<Item>),
}

/// An error as DynamoDB writes it.
#[derive(Debug, Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message", default)]
    message: String,
    /// The item that a condition did not hold for.
    #[serde(rename = "Item", default)]
    item: Option<Item>,
}

enum Outcome {
    Done(Value),
    Refused(Refusal),
}

impl Table {
    /// The table at this address. Makes no request.
    pub fn new(address: &state::Table, keys: AwsKeys) -> Self {
        let state::Table { name, region, endpoint } = address.clone();
        let url = endpoint.unwrap_or_else(|| format!("https://dynamodb.{region}.amazonaws.com"));
        Self { name, region, url: format!("{url}/"), keys }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for an operation that names its tables itself.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached, or refuses.
    pub async fn ask(&self, operation: &str, body: &Value) -> Result<Value, TableError> {
        match self.send(operation, body).await? {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// The item with this key.
    pub(super) async fn get(
        &self,
        key: &str,
        consistent: bool,
    ) -> Result<Option<Item>, TableError> {
        let body = json!({
            "TableName": self.name,
            "Key": { "pk": { "S": key } },
            "ConsistentRead": consistent,
        });
        read(&mut self.ask("GetItem", &body).await?, "Item")
    }

    /// Those of these items that are there, at most [`MOST_AT_ONCE`]. What DynamoDB leaves out, for having
    /// too much to do, is missing.
    pub(super) async fn get_all(&self, keys: &[String]) -> Result<Vec<Item>, TableError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Value> = keys.iter().map(|key| json!({ "pk": { "S": key } })).collect();
        let request = json!({ "Keys": wanted, "ConsistentRead": true });
        let body = json!({ "RequestItems": { self.name(): request } });
        let mut answer = self.ask("BatchGetItem", &body).await?;
        let items = answer["Responses"][self.name()].take();
        serde_json::from_value(items).map_err(|error| TableError::Unclear(error.to_string()))
    }

    /// Writes the item with this key under a condition: `body` is what the operation takes beside the
    /// table's name. What is found where the condition does not hold comes with the refusal, or, from
    /// what imitates DynamoDB without that, by another question.
    pub(super) async fn write(
        &self,
        operation: &str,
        key: &str,
        mut body: Value,
    ) -> Result<Written, TableError> {
        body["TableName"] = self.name.as_str().into();
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        match self.send(operation, &body).await? {
            Outcome::Done(mut answer) => {
                Ok(Written::Yes(read(&mut answer, "Attributes")?.unwrap_or_default()))
            }
            Outcome::Refused(Refusal { kind, item: Some(item), .. }) if is_condition(&kind) => {
                Ok(Written::No(Some(item)))
            }
            Outcome::Refused(refusal) if is_condition(&refusal.kind) => {
                Ok(Written::No(self.get(key, true).await?))
            }
            Outcome::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// Sends a request, again where DynamoDB held it back: then nothing was done.
    async fn send(&self, operation: &str, body: &Value) -> Result<Outcome, TableError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.send_once(operation, body).await? {
                Outcome::Refused(refusal) if is_held_back(&refusal.kind) => {}
                outcome => return Ok(outcome),
            }
            let random = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
            tokio::time::sleep(wait.mul_f64(0.5 + random)).await;
            wait *= 2;
        }
        self.send_once(operation, body).await
    }

    async fn send_once(&self, operation: &str, body: &Value) -> Result<Outcome, TableError> {
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.0".into()),
                ("x-amz-target", format!("DynamoDB_20120810.{operation}").into()),
            ],
            body: body.to_string().into(),
            sign: Some(Scope { service: "dynamodb", region: self.region.clone() }),
        };
        let reply = send_signed(request, &self.keys).await;
        let reply = reply.map_err(|failure| TableError::Unreachable(failure.to_string()))?;
        let status = reply.status;
        let bytes = whole(reply).await?;
        let unclear = |_| TableError::Unclear(format!("status {status}"));
        if status == 200 {
            return serde_json::from_slice(&bytes).map(Outcome::Done).map_err(unclear);
        }
        serde_json::from_slice(&bytes).map(Outcome::Refused).map_err(unclear)
    }
}

impl From<Refusal> for TableError {
    fn from(refusal: Refusal) -> Self {
        let kind = refusal.kind.rsplit('#').next().unwrap_or_default().to_owned();
        Self::Refused { kind, message: refusal.message }
    }
}

fn is_condition(kind: &str) -> bool {
    kind.ends_with("#ConditionalCheckFailedException")
}

fn is_held_back(kind: &str) -> bool {
    let kinds = [
        "#ProvisionedThroughputExceededException",
        "#RequestLimitExceeded",
        "#ThrottlingException",
    ];
    kinds.iter().any(|it| kind.ends_with(it))
}

/// An item in an answer.
fn read(answer: &mut Value, member: &str) -> Result<Option<Item>, TableError> {
    let Some(item) = answer.get_mut(member).map(Value::take) else { return Ok(None) };
    serde_json::from_value(item).map(Some).map_err(|error| TableError::Unclear(error.to_string()))
}

async fn whole(mut reply: Reply) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::new();
    while let Some(piece) = reply.body.next().await {
        let piece = piece.map_err(|failure| TableError::Unreachable(failure.to_string()))?;
        bytes.extend_from_slice(&piece);
        if bytes.len() > MAX_ANSWER {
            return Err(TableError::Unclear(format!("an answer of more than {MAX_ANSWER} bytes")));
        }
    }
    Ok(bytes)
}
