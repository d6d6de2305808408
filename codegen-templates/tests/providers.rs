//! The table of what providers can do, as the documents show it. `UPDATE_DOCS=1` writes it anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fmt::Write, fs, path::Path};

use promptpilot_spec::{
    definition::ProviderKind,
    provider::{Need, Taken, abilities},
};

const BEGIN: &str =
    "<!-- abilities: written by `cargo test -p promptpilot-codegen --test providers` -->\n";
const END: &str = "<!-- /abilities -->";

fn table() -> String {
    let mut table = String::from(
        "| provider | streams | JSON Schema | beside tools | tools | images | files | temperature up to | texts in `stop` | `seed` | `effort` | cached | cache writes | reasoning |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let taken = |taken| match taken {
        Taken::Never => "",
        Taken::Data => "data",
        Taken::DataOrUrl => "data, URL",
    };
    let yes = |ability: bool| if ability { "yes" } else { "" };
    for provider in ProviderKind::ALL {
        let takes = abilities(provider);
        let stops = match takes.stops {
            usize::MAX => String::from("any number"),
            stops => stops.to_string(),
        };
        let counts = takes.counts;
        writeln!(
            table,
            "| `{}` | yes | {} | {} | yes | {} | {} | {} | {stops} | {} | {} | {} | {} | {} |",
            provider.as_str(),
            yes(takes.structured),
            yes(takes.structured_with_tools),
            taken(takes.images),
            taken(takes.files),
            takes.hottest,
            yes(takes.seeds.is_some()),
            yes(!takes.efforts.is_empty()),
            yes(counts.cached),
            yes(counts.cache_written),
            yes(counts.reasoning),
        )
        .unwrap();
    }
    table
}

#[test]
fn the_documents_say_what_providers_can_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (told, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    }
    assert_eq!(told, table(), "run this test with UPDATE_DOCS=1");
}

#[test]
fn every_provider_is_told_of() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let text = fs::read_to_string(path).unwrap();
    for provider in ProviderKind::ALL {
        let needs = abilities(provider);
        let row = format!("| `{}` |", provider.as_str());
        let row = text.lines().find(|line| line.starts_with(&row)).unwrap();
        for (key, need) in [("base_url", needs.base_url), ("region", needs.region)] {
            assert!(need != Need::Must || row.contains(key), "{key} of {}", provider.as_str());
        }
    }
}
