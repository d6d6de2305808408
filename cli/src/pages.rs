//! Definitions shown in the documents are checked like anybody's.

use std::path::Path;

use promptpilot_codegen::{Facts, Target};

const PAGES: [&str; 2] = ["README.md", "docs/definition.md"];

/// The TOML blocks of a page. One that begins with `# fragment` is a piece of a definition.
fn blocks(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page))
        .unwrap();
    text.split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn definitions_in_the_documents_pass_the_check() {
    let facts = Facts {
        credentials: Some(Default::default()),
        taken_names: Some(Default::default()),
        target: Some(Target::Aws),
        state: None,
        prompts: None,
    };
    for page in PAGES {
        let blocks = blocks(page);
        assert!(!blocks.is_empty(), "{page}");
        for block in blocks.iter().filter(|block| !block.starts_with("# fragment")) {
            assert_eq!(promptpilot_codegen::examine(block, page, &facts).findings, [], "{block}");
        }
    }
}

#[test]
fn fragments_in_the_documents_have_no_unknown_keys() {
    for page in PAGES {
        for block in blocks(page).iter().filter(|block| block.starts_with("# fragment")) {
            let findings = promptpilot_codegen::parse(block, page).findings;
            let wrong = findings.iter().find(|finding| finding.code != "missing-key");
            assert_eq!(wrong, None, "{block}");
        }
    }
}
