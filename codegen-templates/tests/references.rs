//! Definitions that refer to prompts, and prompts by themselves.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

use promptpilot_codegen::{
    Facts, FoundPrompt, MissingPrompt, PromptFact, check_prompt, examine, sources,
};
use promptpilot_spec::definition::Prompt;
use serde_json::{Value, json};

fn definition(prompt: &str) -> String {
    format!(
        "name = \"a\"\nauth.mode = \"public\"\n[prompt]\n{prompt}\n[model]\nprovider = \"sandbox\"\n\
         name = \"echo\"\n[request.text]\ntype = \"string\"\n"
    )
}

fn knowing(reference: &str, fact: PromptFact) -> Facts {
    Facts {
        taken_names: Some(Default::default()),
        prompts: Some(BTreeMap::from([(reference.to_owned(), fact)])),
        ..Facts::default()
    }
}

fn found(template: &str) -> PromptFact {
    let prompt = Prompt { template: Some(template.to_owned()), ..Prompt::default() };
    PromptFact::Found(FoundPrompt { name: "edit/sum".to_owned(), version: 3, prompt })
}

#[test]
fn without_a_server_a_reference_is_left_open() {
    let examined = examine(&definition("use = \"edit/sum@3\""), "a.toml", &Facts::default());
    let codes: Vec<&str> = examined.findings.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["name-unchecked", "prompt-unchecked"]);
    assert!(examined.plan.is_none());
}

#[test]
fn a_text_by_reference_and_the_same_text_inline_are_the_same_code() {
    let text = "Summarise:\n{{ text }}";
    let reference = "edit/sum@production";
    let facts = knowing(reference, found(text));
    let by_reference = examine(&definition(&format!("use = \"{reference}\"")), "a.toml", &facts);
    let inline = definition(&format!("template = {}", json!(text)));
    let inline = examine(&inline, "a.toml", &facts);
    assert_eq!(by_reference.findings, []);
    let (one, other) = (by_reference.plan.unwrap(), inline.plan.unwrap());
    assert_eq!(sources(&one).files, sources(&other).files);
    assert_eq!(one, other);
}

#[test]
fn what_is_wrong_in_the_text_is_told_with_its_place_in_the_prompt() {
    let facts = knowing("edit/sum@3", found("a\n  {{ txt }}"));
    let examined = examine(&definition("use = \"edit/sum@3\""), "a.toml", &facts);
    let finding = &examined.findings[0];
    assert_eq!(
        finding.message,
        "in `edit/sum@3`, `template`, line 2, column 6: the template uses `txt`, which is no \
         request field"
    );
    assert_eq!(finding.hint.as_deref(), Some("did you mean `text`?"));
    let place = finding.location.as_ref().unwrap();
    assert_eq!((place.line, &*finding.pointer), (4, "/prompt/use"));
    assert_eq!(finding.prompt.as_ref().unwrap().pointer, "/template");
    assert_eq!(finding.within, None);
}

#[test]
fn what_leads_nowhere_offers_the_nearest() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    for (reference, missing, code, hint) in [
        (
            "edit/sun",
            MissingPrompt::Prompt(names(&["chat", "edit/sum"])),
            "no-prompt",
            "did you mean `edit/sum`?",
        ),
        (
            "edit/sum@productoin",
            MissingPrompt::Label(names(&["production", "trial"])),
            "no-prompt-label",
            "did you mean `production`?",
        ),
        (
            "edit/sum@x",
            MissingPrompt::Label(names(&["alpha", "beta"])),
            "no-prompt-label",
            "its labels are `alpha` or `beta`",
        ),
        ("edit/sum@9", MissingPrompt::Version(3), "no-prompt-version", "its newest version is 3"),
    ] {
        let facts = knowing(reference, PromptFact::Missing(missing));
        let examined = examine(&definition(&format!("use = \"{reference}\"")), "a.toml", &facts);
        let told: Vec<_> =
            examined.findings.iter().map(|it| (&*it.code, it.hint.as_deref())).collect();
        assert_eq!(told, [(code, Some(hint))], "{reference}");
    }
}

#[test]
fn types_of_variables_are_told_by_their_places() {
    for (template, values, types) in [
        ("{{ a }}", json!({}), json!({ "a": "string" })),
        ("{{ a }}", json!({ "a": 1.5 }), json!({ "a": "number" })),
        ("{% if a %}x{% endif %}", json!({}), json!({ "a": "boolean?" })),
        ("{% if a %}{{ a }}{% endif %}", json!({}), json!({ "a": "string?" })),
        ("{{ a|default('x') }}", json!({}), json!({ "a": "string?" })),
        ("{{ a|upper }}{{ b|join(', ') }}", json!({}), json!({ "a": "string", "b": "array" })),
        (
            "{{ a * 2 + 1 }}{% if b > 3 %}{% endif %}",
            json!({}),
            json!({ "a": "integer", "b": "integer?" }),
        ),
        ("{% for i in range(a) %}{% endfor %}", json!({}), json!({ "a": "integer" })),
        ("{% if a == 'x' or a == 'y' %}{% endif %}", json!({}), json!({ "a": "enum?" })),
        (
            "{% for x in a %}{{ x.b }}{% endfor %}{{ x }}",
            json!({}),
            json!({ "a": "array", "x": "string" }),
        ),
        ("{{ a.b.c }}{{ a['d'] }}", json!({}), json!({ "a": "object" })),
        (
            "{% set a = b %}{{ a }}{% macro m(c) %}{{ c }}{% endmacro %}",
            json!({}),
            json!({ "b": "string" }),
        ),
    ] {
        let prompt = Prompt { template: Some(template.to_owned()), ..Prompt::default() };
        let Value::Object(values) = values else { panic!("{values}") };
        let checked = check_prompt(&prompt, &values);
        assert_eq!(checked.findings, [], "{template}");
        let found: serde_json::Map<String, Value> = checked
            .variables
            .into_iter()
            .map(|it| {
                let kind = serde_json::to_value(it.field.kind).unwrap();
                let mark = if it.field.optional { "?" } else { "" };
                (it.name, json!(format!("{}{mark}", kind.as_str().unwrap())))
            })
            .collect();
        assert_eq!(Value::Object(found), types, "{template}");
    }
}

#[test]
fn every_place_of_a_variable_is_found() {
    let messages = json!([
        { "role": "system", "content": "You know {{ who }}." },
        { "role": "user", "content": "Tell {{ who }}\nof {{ what }}, {{ who }}!" },
    ]);
    let prompt: Prompt = serde_json::from_value(json!({ "messages": messages })).unwrap();
    let checked = check_prompt(&prompt, &Default::default());
    let places: Vec<_> = checked.variables[0]
        .uses
        .iter()
        .map(|it| (&*it.pointer, it.start.line, it.start.column, it.end.offset - it.start.offset))
        .collect();
    let (first, second) = ("/prompt/messages/0/content", "/prompt/messages/1/content");
    assert_eq!(places, [(first, 1, 13, 3), (second, 1, 9, 3), (second, 2, 19, 3)]);
}
