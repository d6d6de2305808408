//! Files that others' readers take as they are: pandas the CSV, DuckDB the JSON lines.

use std::{ffi::OsString, path::PathBuf};

use promptpilot_spec::record::CallRecord;
use serde_json::{Value, json};
use time::Duration;
use tokio::process::Command;

use crate::{
    reading::Failure,
    reading::Outcome,
    reading::with_calls,
    support::{
        pilot::{Pilot, TOKEN},
        records::{body, record},
    },
};

/// The virtual environment with the readers.
fn python() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_READERS must name a folder with readers: run `make test`, or \
                `scripts/need readers` and set it to target/readers";
    let folder: OsString = std::env::var_os("PROMPTPILOT_READERS").ok_or(hint)?;
    Ok(PathBuf::from(folder).join("bin/python"))
}

/// More calls than are read at once, with texts that are hard on a format.
fn calls() -> Vec<CallRecord> {
    let hard = [
        "a,b",
        "two\nlines",
        "\r\n",
        r#"say "hi""#,
        "日本語",
        "=1+1",
        "",
        "\u{FEFF}x",
        "'",
        "a;b\tc",
    ];
    (0..1200)
        .map(|number: usize| {
            let mut call = record(Duration::milliseconds(10 * number as i64));
            call.user = Some(hard[number % hard.len()].to_owned());
            call.request = Some(body(&json!({ "word": hard[number % hard.len()] }).to_string()));
            call.cost_micro_usd = (number.is_multiple_of(2)).then_some(number as u64);
            call.total_us = number as u64 + 1;
            call
        })
        .collect()
}

async fn export(pilot: &Pilot, query: &str) -> Result<(String, Vec<u8>), Failure> {
    let request = pilot.client.get(format!("{}/api/calls/export{query}", pilot.url));
    let response = request.bearer_auth(TOKEN).send().await?;
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"].to_str()?.to_owned();
    Ok((kind, response.bytes().await?.to_vec()))
}

/// What a script says about a file, as JSON.
async fn read(script: &str, content: &[u8]) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("calls");
    std::fs::write(&file, content)?;
    let read = Command::new(python()?).args(["-c", script]).arg(&file).output().await?;
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Ok(serde_json::from_slice(&read.stdout)?)
}

const PANDAS: &str = "
import json, sys, pandas
calls = pandas.read_csv(sys.argv[1], keep_default_na=False, na_values={'cost_micro_usd': ['']})
print(json.dumps({
    'ids': list(calls.call_id), 'users': list(calls.user), 'requests': list(calls.request),
    'cost': calls.cost_micro_usd.sum(), 'took': int(calls.total_us.sum()),
    'without_cost': int(calls.cost_micro_usd.isna().sum()),
    'time': str(pandas.to_datetime(calls.time, format='ISO8601').dtype),
}))
";

const DUCKDB: &str = "
import json, sys, duckdb
calls = duckdb.read_json(sys.argv[1], format='newline_delimited')
rows = calls.query('calls', '''
    select call_id::text, \"user\", request.text, cost_micro_usd, total_us from calls''').fetchall()
print(json.dumps({
    'ids': [row[0] for row in rows], 'users': [row[1] for row in rows],
    'requests': [row[2] for row in rows], 'cost': sum(row[3] or 0 for row in rows),
    'took': sum(row[4] for row in rows), 'without_cost': sum(row[3] is None for row in rows),
}))
";

#[tokio::test(flavor = "multi_thread")]
async fn pandas_and_duckdb_read_what_was_exported() -> Outcome {
    let calls = calls();
    let pilot = with_calls(&calls).await?;
    let of = |what: fn(&CallRecord) -> Value| calls.iter().map(what).collect::<Value>();
    let ids = of(|call| json!(call.call_id));
    let users = of(|call| json!(call.user));
    let requests = of(|call| json!(call.request.as_ref().unwrap().text));
    let cost: u64 = calls.iter().filter_map(|call| call.cost_micro_usd).sum();
    let took: u64 = calls.iter().map(|call| call.total_us).sum();
    for (query, kind, script) in
        [("?format=csv", "text/csv", PANDAS), ("?format=jsonl", "application/x-ndjson", DUCKDB)]
    {
        let (told, content) = export(&pilot, query).await?;
        assert!(told.starts_with(kind), "{told}");
        let read = read(script, &content).await?;
        assert_eq!(read["ids"], ids, "{kind}");
        assert_eq!(read["users"], users, "{kind}");
        assert_eq!(read["requests"], requests, "{kind}");
        assert_eq!(read["cost"].as_f64(), Some(cost as f64), "{kind}");
        assert_eq!((&read["took"], &read["without_cost"]), (&json!(took), &json!(600)), "{kind}");
        if kind == "text/csv" {
            assert_eq!(read["time"].as_str().map(|kind| kind.contains("UTC")), Some(true));
        }
    }
    let (_, some) = export(&pilot, "?format=jsonl&user=a%2Cb").await?;
    assert_eq!(some.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), 120);
    let (_, none) = export(&pilot, "?format=csv&user=nobody").await?;
    assert!(none.starts_with(b"call_id,time,") && none.ends_with(b"response\r\n"));
    pilot.stop().await
}
