//! The same patch, on the text and on its JSON, comes to the same; and comments stay.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Operation, edit, from_json};
use crate::parse::parse;

/// Each with comments in other places, and another way to write tables.
const TEXTS: [&str; 4] = [
    "# 1\nname = \"a\" # 2\n\n# 3\n[model] # 4\nname = \"b\"\nstop = [ # 5\n  \"x\", # 6\n  # 7\n  \"y\" # 8\n] # 9\n\
     [[model.fallback]] # 10\nname = \"c\"\n[model.fallback.price] # 11\ninput = 1\n[[model.fallback]]\nname = 'd' # 12\n\
     # 13\n[request.a] # 14\ntype = \"string\"\n[request.b]\ntype = \"array\" # 15\nitems = { type = \"string\" }\n# 16\n",
    "model.name = \"b\" # 1\nmodel.stop = [\"x\", \"y\", \"z\"]\nrequest = { a = { type = \"string\" }, b = {} } # 2\n\
     tests = [] # 3\n",
    "[request] # 1\na = { type = \"string\" } # 2\n[tests]\n# 3\n[request.b.fields.c] # 4\ntype = \"x\"\n[model]\nstop = [\n  1,\n  2,\n]\n",
    "# 1\n[[tests]]\n[tests.request] # 2\na = 1\n[model]\n[[tests]]\n[tests.request]\na = 2 # 3\n[[tests]]\nrequest.a.b = 3\n",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(|float: f64| json!(float)),
        "[ -~é\n\"'\\\\]{0,12}".prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "name", "model", "fallback", "stop", "price", "input", "request", "a", "b", "c", "type",
        "items", "fields", "tests", "response", "x y", "~/",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Mostly places that are there.
fn pointer() -> impl Strategy<Value = String> {
    let step = prop_oneof![4 => key(), 1 => (0..3usize).prop_map(|index| index.to_string()), 1 => Just("-".to_owned())];
    let escaped = |key: String| format!("/{}", key.replace('~', "~0").replace('/', "~1"));
    let made = prop::collection::vec(step.prop_map(escaped), 1..4).prop_map(|keys| keys.concat());
    let there = prop::sample::select(vec![
        "/name",
        "/model",
        "/model/name",
        "/model/stop",
        "/model/stop/0",
        "/model/stop/1",
        "/model/stop/-",
        "/model/fallback",
        "/model/fallback/0",
        "/model/fallback/1",
        "/model/fallback/0/price",
        "/model/fallback/0/price/input",
        "/request",
        "/request/a",
        "/request/b",
        "/request/b/items",
        "/request/a/type",
        "/tests",
        "/tests/0",
        "/tests/1",
        "/tests/2",
        "/tests/0/request",
        "/tests/0/request/a",
        "/tests/2/request/a/b",
        "/tests/-",
        "/request/b/fields/c",
        "/request/b/fields",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => there, 1 => made]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (pointer(), value()).prop_map(|(path, value)| Operation::Add { path, value }),
        pointer().prop_map(|path| Operation::Remove { path }),
        (pointer(), value()).prop_map(|(path, value)| Operation::Replace { path, value }),
        (pointer(), pointer()).prop_map(|(from, path)| Operation::Move { from, path }),
    ]
}

fn json_of(text: &str) -> Value {
    parse(text, "a.toml").json.unwrap()
}

/// RFC 6902 on JSON, as plainly as it can be written.
fn apply(json: &mut Value, operation: &Operation) -> Option<()> {
    match operation {
        Operation::Add { path, value } => add(json, path, value.clone()),
        Operation::Remove { path } => take(json, path).map(|_| ()),
        Operation::Replace { path, value } => {
            *json.pointer_mut(path)? = value.clone();
            Some(())
        }
        Operation::Move { from, path } => {
            if path.starts_with(&format!("{from}/")) {
                return None;
            }
            let taken = take(json, from)?;
            add(json, path, taken)
        }
    }
}

fn split(pointer: &str) -> (&str, String) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    (parent, key.replace("~1", "/").replace("~0", "~"))
}

fn add(json: &mut Value, pointer: &str, value: Value) -> Option<()> {
    let (parent, key) = split(pointer);
    match json.pointer_mut(parent)? {
        Value::Object(map) => _ = map.insert(key, value),
        Value::Array(items) => {
            let at = if key == "-" { items.len() } else { key.parse().ok()? };
            if at > items.len() {
                return None;
            }
            items.insert(at, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(json: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = split(pointer);
    match json.pointer_mut(parent)? {
        Value::Object(map) => map.shift_remove(&key),
        Value::Array(items) => {
            let at: usize = key.parse().ok()?;
            (at < items.len()).then(|| items.remove(at))
        }
        _ => None,
    }
}

fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.split_once('#'))
        .map(|(_, comment)| comment.trim())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_patch_comes_to_the_same_on_text_and_json(
        text in prop::sample::select(TEXTS.to_vec()),
        patch in prop::collection::vec(operation(), 1..5),
    ) {
        let mut json = json_of(text);
        let applied = patch.iter().try_for_each(|step| apply(&mut json, step));
        match edit(text, "a.toml", &patch) {
            Ok(edited) => {
                prop_assert!(applied.is_some(), "JSON refuses what the text took:\n{edited}");
                prop_assert_eq!(json_of(&edited), json, "{}", edited);
            }
            // Among tables with headers there can only be tables.
            Err(refused) if refused.message.contains("can only be a table") => {}
            Err(refused) => prop_assert!(applied.is_none(), "{refused:?}"),
        }
    }

    #[test]
    fn comments_stay_where_something_is_added_or_replaced_by_the_like(
        text in prop::sample::select(TEXTS.to_vec()),
        field in key(),
        at in 0..3usize,
        value in "[a-z\n\"']{0,8}",
    ) {
        let before = comments(text);
        let steps = [
            json!({ "op": "add", "path": "/description", "value": value }),
            json!({ "op": "add", "path": "/limits", "value": { "rate": value } }),
            json!({ "op": "replace", "path": "/model/name", "value": value }),
            json!({ "op": "add", "path": format!("/model/stop/{at}"), "value": "new" }),
            json!({ "op": "move", "from": "/model/stop/0", "path": "/model/stop/1" }),
            json!({ "op": "move", "from": "/model/fallback/0", "path": "/model/fallback/1" }),
            json!({ "op": "move", "from": "/request/a", "path": "/request/renamed" }),
            json!({ "op": "add", "path": "/request/new", "value": { "type": field } }),
        ];
        for step in steps {
            let step: Operation = serde_json::from_value(step).unwrap();
            if let Ok(edited) = edit(text, "a.toml", std::slice::from_ref(&step)) {
                let mut after = comments(&edited);
                after.sort_unstable_by_key(|comment| comment.parse::<u32>().unwrap_or(0));
                let mut before = before.clone();
                before.sort_unstable_by_key(|comment| comment.parse::<u32>().unwrap_or(0));
                prop_assert_eq!(after, before, "{:?}\n{}", step, edited);
            }
        }
    }

    #[test]
    fn any_object_is_written_and_read_again(members in prop::collection::vec((key(), value()), 0..6)) {
        let json = Value::from(members.into_iter().collect::<Map<_, _>>());
        let text = from_json(&json, "a.toml").unwrap();
        prop_assert_eq!(json_of(&text), json, "{}", text);
    }
}
