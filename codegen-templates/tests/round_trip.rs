//! A definition written as TOML, or sent as JSON, reads back as the same definition.
#![allow(missing_docs, clippy::unwrap_used)]

use promptpilot_codegen::{parse, parse_json, schema, to_toml};
use promptpilot_spec::{
    Definition,
    definition::{
        Api, Architecture, Auth, AuthMode, Budget, Cache, CacheScope, Cors, Deploy, Effort, Expect,
        Field, FieldType, Fields, Limits, Log, Message, Model, ModelRef, OnStateFailure, Per,
        Price, Profile, Prompt, ProviderKind, Response, ResponseFormat, Role, Split, Test, Tool,
    },
    units::{Bytes, Duration, Money, Period, Rate},
};
use proptest::{option::of, prelude::*, sample::select};
use serde_json::{Map, Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,12}", any::<String>(), "[\\n\\t\"'\\\\ {}#\u{0}\u{7f}é]{0,12}"]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-1000i32..1000).prop_map(f64::from),
        any::<f64>().prop_filter("", |it| it.is_finite())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(text(), value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![any::<u32>().prop_map(u64::from), Just(0), Just(86_400_000)]
        .prop_map(|millis| format!("{millis}ms").parse().unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    select(vec![Period::Second, Period::Minute, Period::Hour, Period::Day, Period::Month])
}

fn money() -> impl Strategy<Value = Money> {
    (any::<u64>(), period()).prop_map(|(micro_usd, per)| Money { micro_usd, per })
}

fn provider() -> impl Strategy<Value = ProviderKind> {
    use ProviderKind::{
        Anthropic, AzureOpenAi, Bedrock, Cohere, Gemini, HuggingFace, OpenAi, OpenAiCompatible,
        Sandbox,
    };
    select(vec![
        OpenAi,
        Anthropic,
        Cohere,
        AzureOpenAi,
        HuggingFace,
        Gemini,
        Bedrock,
        OpenAiCompatible,
        Sandbox,
    ])
}

fn effort() -> impl Strategy<Value = Effort> {
    use Effort::{High, Low, Max, Medium, Minimal, None, Xhigh};
    select(vec![None, Minimal, Low, Medium, High, Xhigh, Max])
}

fn field() -> impl Strategy<Value = Field> {
    use FieldType::{Array, Boolean, Enum, File, Image, Integer, Messages, Number, Object, String};
    let kind = || {
        select(vec![String, Integer, Number, Boolean, Enum, Array, Object, Image, File, Messages])
    };
    let bounds = || {
        let count = || of(any::<u32>());
        (count(), count(), of(number()), of(number()), count(), count())
    };
    let said = || (text(), any::<bool>(), of(value()), any::<bool>());
    let values = || prop::collection::vec(text(), 0..3);
    let leaf = (kind(), said(), bounds(), values()).prop_map(plain_field);
    leaf.prop_recursive(3, 8, 3, |inner| {
        let fields = prop::collection::vec((text(), inner.clone()), 0..3);
        (inner.clone(), of(inner), fields).prop_map(|(field, items, fields)| Field {
            items: items.map(Box::new),
            fields: Fields::from_iter(fields),
            ..field
        })
    })
}

type Said = (String, bool, Option<Value>, bool);
type Bounds = (Option<u32>, Option<u32>, Option<f64>, Option<f64>, Option<u32>, Option<u32>);

fn plain_field((kind, said, bounds, values): (FieldType, Said, Bounds, Vec<String>)) -> Field {
    let (description, optional, default, sensitive) = said;
    let (min_length, max_length, minimum, maximum, min_items, max_items) = bounds;
    Field {
        kind,
        description,
        optional,
        default,
        sensitive,
        min_length,
        max_length,
        minimum,
        maximum,
        values,
        items: None,
        min_items,
        max_items,
        fields: Fields::new(),
        max_images: max_items,
        max_size: min_items.map(|size| format!("{size}B").parse().unwrap()),
        urls: sensitive,
    }
}

fn fields() -> impl Strategy<Value = Fields> {
    prop::collection::vec((text(), field()), 0..3).prop_map(Fields::from_iter)
}

fn model_ref() -> impl Strategy<Value = ModelRef> {
    let price = (number(), number(), of(number()));
    let price =
        price.prop_map(|(input, output, cached_input)| Price { input, output, cached_input });
    (
        (provider(), text(), of(text()), of(any::<u32>()), of(effort())),
        (of(number()), of(number()), prop::collection::vec(text(), 0..3), of(any::<i64>())),
        (of(select(vec![Api::Chat, Api::Responses])), of(text()), of(text()), of(text())),
        of(price),
    )
        .prop_map(|(what, sampling, place, price)| {
            let (provider, name, credential, max_tokens, effort) = what;
            let (temperature, top_p, stop, seed) = sampling;
            let (api, base_url, api_version, region) = place;
            ModelRef {
                provider,
                name,
                credential,
                max_tokens,
                effort,
                temperature,
                top_p,
                stop,
                seed,
                api,
                base_url,
                api_version,
                region,
                price,
            }
        })
}

fn model() -> impl Strategy<Value = Model> {
    let split = (any::<u8>(), provider(), text(), of(text()));
    let split = split.prop_map(|(weight, provider, name, credential)| Split {
        weight,
        provider,
        name,
        credential,
    });
    (
        model_ref(),
        (duration(), any::<u8>(), of(duration())),
        prop::collection::vec(model_ref(), 0..2),
        prop::collection::vec(split, 0..2),
    )
        .prop_map(|(first, (timeout, retries, hedge), fallback, split)| Model {
            provider: first.provider,
            name: first.name,
            credential: first.credential,
            max_tokens: first.max_tokens,
            timeout,
            retries,
            effort: first.effort,
            temperature: first.temperature,
            top_p: first.top_p,
            stop: first.stop,
            seed: first.seed,
            api: first.api,
            base_url: first.base_url,
            api_version: first.api_version,
            region: first.region,
            price: first.price,
            hedge,
            fallback,
            split,
        })
}

fn prompt() -> impl Strategy<Value = Prompt> {
    let role = select(vec![Role::System, Role::User, Role::Assistant]);
    let message = (role, text()).prop_map(|(role, content)| Message { role, content });
    (of(text()), of(text()), of(text()), prop::collection::vec(message, 0..3)).prop_map(
        |(reference, system, template, messages)| Prompt { reference, system, template, messages },
    )
}

fn limits() -> impl Strategy<Value = Limits> {
    let failure = select(vec![OnStateFailure::Deny, OnStateFailure::Allow]);
    let budget = (of(money()), of(money()), of(money()), of(number()), failure).prop_map(
        |(endpoint, per_key, per_user, soft, on_state_failure)| Budget {
            endpoint,
            per_key,
            per_user,
            soft,
            on_state_failure,
        },
    );
    let rate = (any::<u32>(), period()).prop_map(|(calls, per)| Rate { calls, per });
    let per = select(vec![Per::Key, Per::User, Per::Address]);
    let body = any::<u32>().prop_map(|bytes| Bytes::new(bytes.into()));
    (of(rate), of(per), of(any::<u32>()), of(body), of(budget)).prop_map(
        |(rate, per, burst, max_body, budget)| Limits { rate, per, burst, max_body, budget },
    )
}

fn deploy() -> impl Strategy<Value = Deploy> {
    let architecture = of(select(vec![Architecture::Arm64, Architecture::X86_64]));
    let profile = select(vec![Profile::Fast, Profile::Small]);
    (any::<u32>(), duration(), architecture, any::<u16>(), profile).prop_map(
        |(memory, timeout, architecture, concurrency, profile)| Deploy {
            memory,
            timeout,
            architecture,
            concurrency,
            profile,
        },
    )
}

fn test() -> impl Strategy<Value = Test> {
    let expect = (prop::collection::vec(text(), 0..3), any::<bool>(), of(duration()));
    let expect =
        expect.prop_map(|(contains, schema, max_latency)| Expect { contains, schema, max_latency });
    (object(), expect).prop_map(|(request, expect)| Test { request, expect })
}

fn definition() -> impl Strategy<Value = Definition> {
    let scope = select(vec![CacheScope::Endpoint, CacheScope::Key, CacheScope::User]);
    let cache = (duration(), of(duration()), scope);
    let cache = cache.prop_map(|(ttl, stale, scope)| Cache { ttl, stale, scope });
    let cors = prop::collection::vec(text(), 0..3).prop_map(|origins| Cors { origins });
    let format = select(vec![ResponseFormat::Text, ResponseFormat::Json]);
    let response = (format, fields()).prop_map(|(format, fields)| Response { format, fields });
    let tool = (text(), text(), fields());
    let tool =
        tool.prop_map(|(name, description, parameters)| Tool { name, description, parameters });
    let log = select(vec![Log::Full, Log::Metadata, Log::None]);
    let mode = select(vec![AuthMode::ApiKey, AuthMode::Public]);
    (
        ("[a-z][a-z0-9-]{0,47}", text(), log, prompt(), model()),
        (fields(), response, mode.prop_map(|mode| Auth { mode }), limits()),
        (of(cache), of(cors), deploy()),
        (prop::collection::vec(test(), 0..3), prop::collection::vec(tool, 0..2)),
    )
        .prop_map(|(what, io, rest, (tests, tools))| {
            let (name, description, log, prompt, model) = what;
            let (request, response, auth, limits) = io;
            let (cache, cors, deploy) = rest;
            Definition {
                name,
                description,
                log,
                prompt,
                model,
                request,
                response,
                auth,
                limits,
                cache,
                cors,
                deploy,
                tests,
                tools,
            }
        })
}

/// The names of all fields in their order, which equality of maps forgets.
fn order(fields: &Fields) -> Vec<&str> {
    let mut names = Vec::new();
    for (name, field) in fields {
        names.push(name.as_str());
        names.extend(field.items.iter().flat_map(|item| order(&item.fields)));
        names.extend(order(&field.fields));
    }
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn through_toml(definition in definition()) {
        let text = to_toml(&definition).unwrap();
        let parsed = parse(&text, "round-trip.toml");
        prop_assert_eq!(parsed.findings, []);
        let read = parsed.definition.unwrap();
        prop_assert_eq!(order(&read.request), order(&definition.request), "{}", text);
        prop_assert_eq!(order(&read.response.fields), order(&definition.response.fields));
        prop_assert_eq!(read, definition, "{}", text);
    }

    #[test]
    fn through_json(definition in definition()) {
        let sent = serde_json::to_value(&definition).unwrap();
        let parsed = parse_json(&sent);
        prop_assert_eq!(parsed.findings, []);
        let read = serde_json::to_value(parsed.definition).unwrap();
        prop_assert_eq!(read.to_string(), sent.to_string());
    }
}

#[test]
fn a_null_in_a_test_is_the_same_as_nothing() {
    let mut definition = parse(include_str!("full.toml"), "full.toml").definition.unwrap();
    definition.tests[0].request.insert("bullets".to_owned(), Value::Null);
    let written = parse(&to_toml(&definition).unwrap(), "full.toml").definition.unwrap();
    assert_eq!(written.tests[0].request.get("bullets"), None);
}

#[test]
fn the_schema_accepts_every_key_that_there_is() {
    let parsed = parse(include_str!("full.toml"), "full.toml");
    assert_eq!(parsed.findings, []);
    for example in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples")).unwrap() {
        let path = example.unwrap().path();
        let parsed = parse(&std::fs::read_to_string(&path).unwrap(), "example");
        assert_eq!(parsed.findings, [], "{}", path.display());
    }
}

#[test]
fn the_schema_says_what_it_is_and_describes_each_key() {
    let schema = schema();
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    assert!(schema["$id"].is_string() && schema["title"].is_string());
    let definitions = schema["$defs"].as_object().unwrap().values();
    for table in definitions.chain([&schema]) {
        for (key, property) in table["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "`{key}` has no description");
        }
    }
}
