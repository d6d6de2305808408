//! The shell, Python and Node read copied calls: whatever is in a request, they send just that. What they
//! would send it by is a stand-in, which says what it was given.

use std::process::Stdio;

use promptpilot_codegen::{Language, Sample};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    judges::clients::clients,
    support::{Failure, Outcome},
};

/// Texts that have ended somebody's literals before.
const NASTY: [&str; 14] = [
    "'",
    "\"",
    "\\",
    "\\'",
    "\n\r\t",
    "$(id) `id` $HOME",
    "'; id; '",
    "\"\"\"'''",
    "${a} {b} %s",
    "\0\u{1}\u{7f}",
    "\u{202e}abc\u{2066}",
    "\u{2028}\u{2029}\u{feff}",
    "é 👩\u{200d}💻 \u{e0001}",
    "__proto__",
];

/// Says the address and the body after a NUL each.
const CURL: &str = r#"curl() { url=$1; for last; do :; done; printf '\0%s\0%s' "$url" "$last"; }"#;

const HTTPX: &str = r#"
import json, sys, types
dumps = json.dumps
class Answer:
    raise_for_status = lambda self: None
    json = lambda self: ''
def post(url, json=None, headers=None, timeout=None):
    sys.stdout.write('\0' + url + '\0' + dumps(json))
    return Answer()
sys.modules['httpx'] = types.SimpleNamespace(post=post)
print = lambda *_: None
"#;

const FETCH: &str = r"
const fetch = async (url, { body }) => {
  process.stdout.write('\0' + url + '\0' + body);
  return { ok: true, json: async () => '', text: async () => '' };
};
console.log = () => {};
";

fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(&NASTY[..]).prop_map(str::to_owned);
    let any = prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter);
    prop::collection::vec(prop_oneof![nasty, any], 0..4).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::from),
        ]
    })
}

fn members(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((text(), values), 0..4).prop_map(Map::from_iter)
}

/// Requests with all of the texts above, and with whatever else.
fn requests(count: usize) -> Vec<Value> {
    let mut runner = TestRunner::default();
    let strategy = members(value());
    let random = (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current().into());
    let nasty = NASTY.iter().map(|text| json!({ *text: [text, 1.5, {}, []] }));
    nasty.chain(random).collect()
}

/// Where the calls go.
const URL: &str = "http://127.0.0.1:9/e/it's/?a=\"$HOME\"";

fn calls(language: Language, requests: &[Value]) -> impl Iterator<Item = String> {
    requests.iter().enumerate().map(move |(index, request)| {
        let sample = Sample { request: request.clone(), asks_for_key: index % 2 == 0 };
        sample.write(language, URL)
    })
}

/// What a program that runs a script says that it was asked to send, and where.
async fn said(program: &str, script: &[String]) -> Result<Vec<(String, Value)>, Failure> {
    let mut child = Command::new(program)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("PROMPTPILOT_API_KEY", "pp_live_x")
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let script = script.join("\n");
    let writing = async move { stdin.write_all(script.as_bytes()).await };
    let (_, output) = tokio::join!(writing, child.wait_with_output());
    let output = output?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    let parts: Vec<&str> = said.split('\0').skip(1).collect();
    let pairs = parts.chunks(2).map(|pair| {
        Ok((pair[0].to_owned(), serde_json::from_str(pair.get(1).copied().unwrap_or_default())?))
    });
    pairs.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_in_a_request_copied_calls_send_just_that() -> Outcome {
    let requests = requests(200);
    let script = |stand_in: &str, calls: Vec<String>| -> Vec<String> {
        std::iter::once(stand_in.to_owned()).chain(calls).chain([String::new()]).collect()
    };
    let shell = script(CURL, calls(Language::Curl, &requests).collect());
    let python = script(HTTPX, calls(Language::Python, &requests).collect());
    // Each has names of its own, and waits.
    let scoped = calls(Language::TypeScript, &requests).map(|call| format!("{{\n{call}\n}}"));
    let mut node = script(&format!("(async () => {{{FETCH}"), scoped.collect());
    node.push("})();\n".to_owned());
    let program = clients()?.join("bin/python");
    let program = program.to_str().ok_or("an odd path")?;
    for (program, script) in [("sh", shell), (program, python), ("node", node)] {
        let said = said(program, &script).await?;
        assert_eq!(said.len(), requests.len(), "{program}");
        for ((url, body), request) in said.iter().zip(&requests) {
            assert_eq!((&**url, body), (URL, request), "{program}");
        }
    }
    Ok(())
}
