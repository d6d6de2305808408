#![allow(clippy::unwrap_used)]

use promptpilot_spec::template as rendering;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Bound, Examined, Facts, Plan, examine};

fn examined(rest: &str) -> Examined {
    let text = format!("name = \"x\"\nauth.mode = \"public\"\n{rest}");
    examine(&text, "x.toml", &Facts::default())
}

fn plan(rest: &str) -> Plan {
    let examined = examined(rest);
    examined.plan.unwrap_or_else(|| panic!("{:#?}", examined.findings))
}

fn codes(rest: &str) -> Vec<String> {
    let findings = examined(rest).findings.into_iter();
    findings.filter(|it| it.code != "name-unchecked").map(|it| it.code).collect()
}

const SANDBOX: &str = "model = { provider = \"sandbox\", name = \"echo\" }\n";

fn template(template: &str) -> String {
    format!(
        "prompt.template = '''{template}'''\n{SANDBOX}
        [request.text]\ntype = \"string\"\nmax_length = 100
        [request.tags]\ntype = \"array\"\nmax_items = 4\nitems = {{ type = \"string\", max_length = 10 }}
        [request.note]\ntype = \"string\"\noptional = true"
    )
}

#[test]
fn names_that_a_template_gives_itself_are_declared() {
    for source in [
        "{% set a = text %}{{ a }}{% for t in tags %}{{ t }}{{ loop.index }}{% endfor %}",
        "{% with a = text %}{{ a }}{% endwith %}{{ tags }}",
        "{% for a, b in tags|map('list') %}{{ a }}{{ b }}{% else %}{{ text }}{% endfor %}",
        "{% macro m(a, b=text) %}{{ a }}{{ b }}{% endmacro %}{{ m(tags) }}",
        "{% set a %}{{ text }}{% endset %}{{ a|upper }}{{ tags|length }}",
        "{{ range(3)|join(text) }}{{ dict(a=1).a }}{{ tags[0] }}",
        "{% for t in text|lines %}{{ t }}{% endfor %}{{ tags|first }}",
    ] {
        let source = format!("{source}{{% if note %}}{{{{ note }}}}{{% endif %}}");
        assert_eq!(codes(&template(&source)), [""; 0], "{source}");
    }
}

#[test]
fn a_name_is_not_known_outside_its_block() {
    for source in [
        "{% for t in tags %}{% endfor %}{{ t }}{{ text }}{{ note is defined }}",
        "{% with a = text %}{% endwith %}{{ a }}{{ tags }}{{ note is defined }}",
        "{{ loop.index }}{{ text }}{{ tags }}{{ note is defined }}",
    ] {
        assert_eq!(codes(&template(source)), ["undeclared-variable"], "{source}");
    }
}

#[test]
fn an_optional_field_needs_a_guard_or_a_default() {
    let printed = |note: &str| codes(&template(&format!("{{{{ text }}}}{{{{ tags }}}}{note}")));
    assert_eq!(printed("{{ note }}"), ["optional-unguarded"]);
    for guarded in [
        "{% if note %}{{ note }}{% endif %}",
        "{% if note is defined and text %}{{ note }}{% endif %}",
        "{{ note|default('none') }}",
        "{{ note if note else 'none' }}",
    ] {
        assert_eq!(printed(guarded), [""; 0], "{guarded}");
    }
}

#[test]
fn a_ceiling_counts_every_attempt_at_the_dearest_price() {
    let rest = r#"
        prompt.template = "{{ text }}"
        request.text = { type = "string", max_length = 250 }
        [model]
        provider = "openai"
        name = "gpt-4.1"
        max_tokens = 1000
        retries = 1
        timeout = "20s"
        [[model.fallback]]
        provider = "openai-compatible"
        name = "mine"
        base_url = "http://localhost:1/v1"
        price = { input = 1.0, output = 10.0 }
    "#;
    let ceiling = plan(rest).ceiling;
    assert_eq!(ceiling.prompt_bytes, Bound::AtMost(1000));
    assert_eq!(ceiling.millis, 20_000);
    // 1016 bytes in and 1000 tokens out: 2.032 + 8 and 1.016 + 10 thousandths of a USD, twice each.
    assert_eq!(ceiling.micro_usd, Bound::AtMost(2 * (10_032 + 11_016)));
}

#[test]
fn a_prompt_beyond_the_first_price_step_is_counted_at_the_second() {
    let cost = |characters: u32| {
        let rest = format!(
            "prompt.template = \"{{{{ text }}}}\"
            request.text = {{ type = \"string\", max_length = {characters} }}
            model = {{ provider = \"openai\", name = \"gpt-5.4\", max_tokens = 1, retries = 0 }}"
        );
        match plan(&rest).ceiling.micro_usd {
            Bound::AtMost(micro_usd) => micro_usd,
            open @ Bound::Unbounded(_) => panic!("{open:?}"),
        }
    };
    assert_eq!(cost(60_000), (240_016 * 2_500_000 + 15_000_000_u64).div_ceil(1_000_000));
    assert_eq!(cost(75_000), (300_016 * 5_000_000 + 22_500_000_u64).div_ceil(1_000_000));
}

#[test]
fn what_has_no_bound_is_named() {
    let rest = r#"
        prompt.template = "{{ text }}{% for tag in tags %}{{ tag }}{% endfor %}{{ 'x' * 9 }}"
        request.text = { type = "string" }
        request.tags = { type = "array", items = { type = "string" } }
        model = { provider = "openai", name = "gpt-4.1" }
    "#;
    let Bound::Unbounded(places) = plan(rest).ceiling.micro_usd else { panic!("bounded") };
    let wanted = ["/prompt/template", "/request/tags", "/request/tags/items", "/request/text"];
    assert_eq!(places, wanted);
}

#[test]
fn the_sandbox_is_free_without_any_bound() {
    let rest = format!("prompt.template = '{{{{ t }}}}'\nrequest.t.type = 'string'\n{SANDBOX}");
    assert_eq!(plan(&rest).ceiling.micro_usd, Bound::AtMost(0));
}

fn request() -> impl Strategy<Value = Map<String, Value>> {
    let text = || prop_oneof!["[a-zA-Z\"'\\\\\u{1}<&ßŉ\n ]{0,10}", "\\PC{0,10}"];
    let tags = prop::collection::vec(text(), 0..4);
    let who = (text(), any::<i32>()).prop_map(|(name, age)| json!({ "name": name, "age": age }));
    (text(), tags, who, any::<f64>().prop_filter("", |it| it.is_finite()), any::<bool>()).prop_map(
        |(text, tags, who, share, flag)| {
            let value = json!({
                "text": text, "tags": tags, "who": who, "share": share, "flag": flag
            });
            value.as_object().unwrap().clone()
        },
    )
}

const FIELDS: &str = r#"
    [request.text]
    type = "string"
    max_length = 10
    [request.tags]
    type = "array"
    max_items = 4
    items = { type = "string", max_length = 10 }
    [request.who]
    type = "object"
    fields = { name = { type = "string", max_length = 10 }, age = { type = "integer" } }
    [request.share]
    type = "number"
    [request.flag]
    type = "boolean"
"#;

const PARTS: [&str; 18] = [
    "plain é",
    "{{ text }}",
    "{{ text|upper|trim }}",
    "{{ tags }}",
    "{{ tags|join(', ') }}",
    "{{ tags|tojson }}",
    "{{ who }}",
    "{{ who.name }}{{ who['age'] }}",
    "{{ share }}{{ flag }}{{ -share }}{{ share + 1 }}",
    "{% for tag in tags %}- {{ tag }} {{ loop.index }}\n{% endfor %}",
    "{% for tag in tags|sort %}{{ tag|title }}{{ text }}{% else %}none at all{% endfor %}",
    "{% if flag %}{{ text }}{% else %}{{ who|tojson }}{% endif %}",
    "{% set both = text ~ '/' ~ who.name %}{{ both }}{{ both }}",
    "{% with other = tags[0]|default('nothing') %}{{ other }}{% endwith %}",
    "{% for i in range(3) %}{{ i }}{{ tags|first|default('') }}{% endfor %}",
    "{{ text if flag else tags|length }}",
    "{% for line in text|lines %}> {{ line }}\n{% endfor %}",
    "{% for key in who %}{{ key }}{{ text }}{% endfor %}",
];

proptest! {
    /// The bound of a prompt holds for whatever a caller may send.
    #[test]
    fn no_prompt_is_larger_than_its_bound(
        parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 1..4),
        request in request(),
    ) {
        let source = parts.concat();
        let plan = plan(&format!("prompt.template = '''\n{source}'''\n{SANDBOX}{FIELDS}"));
        let Bound::AtMost(most) = plan.ceiling.prompt_bytes else {
            panic!("no bound: {:?}", plan.ceiling)
        };
        let mut environment = rendering::environment();
        rendering::compile(&mut environment, "t".to_owned(), &source).unwrap();
        let rendered = rendering::render(&environment.get_template("t").unwrap(), &request);
        if let Ok(rendered) = rendered {
            prop_assert!(rendered.len() as u64 <= most, "{} > {most}: {rendered:?}", rendered.len());
        }
    }
}
