#![allow(clippy::unwrap_used)]

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Operation, edit, from_json};

const SUMMARIZE: &str = r#"# What the news desk uses.

name        = "summarize" # unique
description = "Summarise a text"

[prompt]
template = """
Summarise for {{ audience }}:
{{ text }}"""

# The sandbox answers without network.
[model]
provider   = "sandbox"
name       = "echo"
max_tokens = 400 # enough for a page
stop       = [
    "END", # of the text
    "STOP",
]

[[model.fallback]] # when the first is down
provider = "openai"
name     = "one"

[[model.fallback]]
provider = "anthropic"
name     = "two"

[request.text]
type       = "string"
max_length = 20000

[request.audience]
type = "enum"
values = ["expert", "child"]

[[tests]]
request = { text = "x", audience = "child" }
expect = { contains = ["x"] }

# The end.
"#;

fn step(json: Value) -> Operation {
    serde_json::from_value(json).unwrap()
}

/// The text after a patch.
fn changed(steps: Value) -> String {
    changed_in(SUMMARIZE, steps)
}

fn changed_in(text: &str, steps: Value) -> String {
    let patch: Vec<Operation> = serde_json::from_value(steps).unwrap();
    edit(text, "summarize.toml", &patch).unwrap()
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    assert_snapshot!(changed(json!([
        { "op": "replace", "path": "/model/max_tokens", "value": 500 },
        { "op": "replace", "path": "/name", "value": "short" },
        { "op": "replace", "path": "/prompt/template", "value": "Shorten \"{{ text }}\"\nfor {{ audience }}." },
    ])));
}

#[test]
fn new_keys_are_written_as_their_neighbours() {
    assert_snapshot!(changed(json!([
        { "op": "add", "path": "/model/seed", "value": 7 },
        { "op": "add", "path": "/request/audience/optional", "value": true },
        { "op": "add", "path": "/log", "value": "none" },
        { "op": "add", "path": "/model/stop/-", "value": "HALT" },
        { "op": "add", "path": "/model/stop/0", "value": "FIRST" },
        { "op": "add", "path": "/tests/0/expect/schema", "value": true },
    ])));
}

#[test]
fn new_sections_and_fields_have_headers() {
    assert_snapshot!(changed(json!([
        { "op": "add", "path": "/request/bullets", "value": { "type": "array", "items": { "type": "string" } } },
        { "op": "add", "path": "/response", "value": { "format": "json", "fields": { "summary": { "type": "string" } } } },
        { "op": "add", "path": "/limits", "value": { "rate": "60/minute", "budget": { "endpoint": "1 USD/day" } } },
        { "op": "add", "path": "/model/fallback/-", "value": { "provider": "sandbox", "name": "three" } },
        { "op": "add", "path": "/tests/-", "value": { "request": { "text": "y" }, "expect": { "contains": [] } } },
    ])));
}

#[test]
fn what_is_removed_takes_its_own_comments_along() {
    assert_snapshot!(changed(json!([
        { "op": "remove", "path": "/model/max_tokens" },
        { "op": "remove", "path": "/model/stop/0" },
        { "op": "remove", "path": "/model/fallback/0" },
        { "op": "remove", "path": "/request/text" },
        { "op": "remove", "path": "/name" },
    ])));
}

#[test]
fn the_last_of_several_leaves_an_empty_list() {
    assert_snapshot!(changed(json!([
        { "op": "remove", "path": "/tests/0" },
        { "op": "remove", "path": "/request/text" },
        { "op": "remove", "path": "/request/audience" },
    ])));
}

#[test]
fn moving_reorders_and_renames() {
    assert_snapshot!(changed(json!([
        { "op": "move", "from": "/model/fallback/1", "path": "/model/fallback/0" },
        { "op": "move", "from": "/request/text", "path": "/request/article" },
        { "op": "move", "from": "/model/stop/1", "path": "/model/stop/0" },
    ])));
}

#[test]
fn a_field_that_is_moved_onto_itself_becomes_the_last() {
    assert_snapshot!(changed(json!([
        { "op": "move", "from": "/request/text", "path": "/request/text" },
    ])));
    let inline = "[request]\na = { type = \"string\" } # first\n\n[request.b]\ntype = \"string\"\n";
    let patch = json!([{ "op": "move", "from": "/request/a", "path": "/request/a" }]);
    assert_snapshot!(changed_in(inline, patch));
}

#[test]
fn a_whole_definition_is_written_over_another_one() {
    let json = json!({
        "name": "summarize",
        "prompt": { "template": "Summarise for {{ audience }}:\n{{ text }}", "system": null },
        "model": { "provider": "sandbox", "name": "echo", "max_tokens": 300, "stop": ["END", "STOP"] },
        "request": { "text": { "type": "string", "max_length": 20000 } },
        "auth": { "mode": "public" },
    });
    assert_snapshot!(changed(json!([{ "op": "replace", "path": "", "value": json }])));
    assert_snapshot!(from_json(&json, "summarize.toml").unwrap());
}

#[test]
fn dotted_keys_and_tables_in_one_line_stay_so() {
    let text = "model.name = \"x\"\nmodel.price = { input = 1.0, output = 2.0 }\n";
    assert_snapshot!(changed_in(
        text,
        json!([
            { "op": "add", "path": "/model/provider", "value": "sandbox" },
            { "op": "add", "path": "/model/price/cached_input", "value": 0.5 },
            { "op": "remove", "path": "/model/price/input" },
            { "op": "move", "from": "/model/price/output", "path": "/model/price/out" },
            { "op": "remove", "path": "/model/name" },
        ])
    ));
}

#[test]
fn refusals_say_where_and_why() {
    let refusals: Vec<String> = [
        json!({ "op": "replace", "path": "/model/nme", "value": 1 }),
        json!({ "op": "remove", "path": "/cache" }),
        json!({ "op": "add", "path": "/cache/ttl", "value": "1h" }),
        json!({ "op": "add", "path": "/name/first", "value": "1h" }),
        json!({ "op": "add", "path": "/model/stop/5", "value": "x" }),
        json!({ "op": "add", "path": "/model/stop/01", "value": "x" }),
        json!({ "op": "add", "path": "/model/seed", "value": null }),
        json!({ "op": "add", "path": "/model/seed", "value": u64::MAX }),
        json!({ "op": "add", "path": "/tests/0", "value": 1 }),
        json!({ "op": "add", "path": "model", "value": 1 }),
        json!({ "op": "replace", "path": "", "value": [] }),
        json!({ "op": "remove", "path": "" }),
        json!({ "op": "move", "from": "/model", "path": "/model/self" }),
    ]
    .into_iter()
    .map(|json| {
        let finding = edit(SUMMARIZE, "s.toml", &[step(json)]).unwrap_err();
        assert_eq!(finding.code, "patch-refused");
        let line = finding.location.map_or(0, |location| location.line);
        let hint = finding.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{line} {}: {}{hint}", finding.pointer, finding.message)
    })
    .collect();
    assert_snapshot!(refusals.join("\n"));
}

#[test]
fn a_text_that_is_no_toml_is_not_edited() {
    let patch = [step(json!({ "op": "remove", "path": "/name" }))];
    let finding = edit("name = \"x\"\n[model\n", "s.toml", &patch).unwrap_err();
    assert_eq!(finding.code, "toml-syntax");
    assert_eq!(finding.location.unwrap().line, 2);
}
