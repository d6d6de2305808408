//! Every file of the library is what it says it is.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use promptpilot_codegen::{Facts, FoundPrompt, PromptFact, Severity, examine};

use super::*;

#[test]
fn there_are_at_least_twenty_and_each_file_is_read() {
    assert!(LIBRARY.len() >= 20, "{}", LIBRARY.len());
    for file in FILES.files() {
        let text = file.contents_utf8().unwrap();
        toml::from_str::<File>(text).unwrap_or_else(|error| panic!("{:?}: {error}", file.path()));
    }
    assert_eq!(LIBRARY.len(), FILES.files().count());
}

#[test]
fn each_passes_the_check_as_a_prompt_and_as_an_endpoint() {
    for (name, file) in &*LIBRARY {
        super::super::save::check_new(&file.new_prompt(name, false)).unwrap();
        for sandbox in [false, true] {
            let template = file.template(name, sandbox);
            let found = FoundPrompt {
                name: (*name).to_owned(),
                version: 1,
                prompt: template.content.prompt.clone(),
            };
            let prompts = BTreeMap::from([((*name).to_owned(), PromptFact::Found(found))]);
            let facts = Facts { prompts: Some(prompts), ..Facts::default() };
            let examined = examine(&template.endpoint, name, &facts);
            let told: Vec<_> = examined
                .findings
                .iter()
                .filter(|finding| finding.severity != Severity::Unchecked)
                .collect();
            assert!(told.is_empty(), "{name}: {told:#?}\n{}", template.endpoint);
            let plan = examined.plan.unwrap();
            let fields: Vec<&String> = plan.request.keys().collect();
            let missing: Vec<_> =
                template.variables.iter().filter(|name| !fields.contains(name)).collect();
            assert!(missing.is_empty(), "{name}: {missing:?}");
        }
    }
}

#[test]
fn the_values_render_and_hold_to_the_fields() {
    for (name, file) in &*LIBRARY {
        let mut environment = promptpilot_spec::template::environment();
        for (index, (_, text)) in crate::prompts::content::messages(&file.prompt).iter().enumerate()
        {
            let of = format!("{index}");
            promptpilot_spec::template::compile(&mut environment, of.clone(), text).unwrap();
            let template = environment.get_template(&of).unwrap();
            let text = promptpilot_spec::template::render(&template, &file.values).unwrap();
            assert!(!text.trim().is_empty(), "{name}");
        }
        let given = file.values.keys().all(|value| file.request.contains_key(value));
        let needed = file.request.iter().filter(|(_, field)| !field.optional);
        let mut missing = needed.filter(|(field, _)| !file.values.contains_key(*field));
        assert!(given && missing.next().is_none(), "{name}");
    }
}
