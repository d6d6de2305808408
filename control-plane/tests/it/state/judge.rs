//! What stands in for DynamoDB: two imitations that others wrote, each with gaps of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use promptpilot_runtime::{state::dynamodb::Table, transport::AwsKeys};
use promptpilot_spec::state::Address;
use serde_json::json;

use crate::support::Failure;

/// The keys that tests sign with; nobody looks at them.
pub(crate) const ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Moto's server as it starts itself, but for one request at a time: its writes are not atomic.
const MOTO: &str = "\
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple('127.0.0.1', int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
";

const TABLE: &str = "promptpilot-state";
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is ended with this value, and its table.
pub(crate) struct Judge {
    child: Child,
    /// As functions are told of the table.
    pub(crate) address: String,
}

impl Judge {
    /// Strict, and without `ALL_OLD`.
    pub(crate) async fn dynalite() -> Result<Self, Failure> {
        let mut node = Command::new("node");
        node.arg(judges()?.join("node_modules/dynalite/cli.js"));
        Self::start(node.args(["--host", "127.0.0.1", "--createTableMs", "0", "--port"])).await
    }

    /// With `ALL_OLD`, and slower: it takes one request after the other.
    pub(crate) async fn moto() -> Result<Self, Failure> {
        Self::start(Command::new(judges()?.join("bin/python")).args(["-c", MOTO])).await
    }

    async fn start(command: &mut Command) -> Result<Self, Failure> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let command = command.arg(port.to_string());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let address = format!("dynamodb://{TABLE}?region=eu-central-1&endpoint={endpoint}");
        let mut judge = Self { child, address };
        let until = Instant::now() + PATIENCE;
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            judge.is_patient(until)?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let table = judge.table()?;
        let attribute = json!({ "AttributeName": "pk", "AttributeType": "S" });
        let create = json!({
            "TableName": TABLE,
            "AttributeDefinitions": [attribute],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        table.ask("CreateTable", &create).await?;
        let describe = json!({ "TableName": TABLE });
        while table.ask("DescribeTable", &describe).await?["Table"]["TableStatus"] != "ACTIVE" {
            judge.is_patient(until)?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(judge)
    }

    fn is_patient(&mut self, until: Instant) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None if Instant::now() < until => Ok(()),
            ended => Err(format!("the judge did not start: {ended:?}").into()),
        }
    }

    /// The table, for whoever may do everything to it.
    pub(crate) fn table(&self) -> Result<Table, Failure> {
        match self.address.parse()? {
            Address::DynamoDb(table) => Ok(Table::new(&table, keys())),
            Address::Service(url) => Err(format!("{url} is no table").into()),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn keys() -> AwsKeys {
    AwsKeys::Given { id: ID.to_owned(), secret: SECRET.into(), session: None }
}

fn judges() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_JUDGES must name a folder with counterparts: run `make test`, or \
                `scripts/need judges` and set it to target/judges";
    let folder = std::env::var_os("PROMPTPILOT_JUDGES").ok_or(hint)?;
    Ok(Path::new(&folder).to_owned())
}
