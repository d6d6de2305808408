#![allow(clippy::unwrap_used)]

use std::{fmt::Write, fs, process::Command};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use super::{layout, literal};

/// Texts that have broken somebody's generator before.
const NASTY: [&str; 24] = [
    "",
    " ",
    "\n",
    "\n\n",
    "\n \n",
    "a\n",
    " a\n  b\n\tc",
    "a\r\nb\rc",
    "\\",
    "\\n",
    "a\\\nb",
    "\"",
    "\"#",
    "r#\"x\"#",
    "{}",
    "{{ x }}{% raw %}",
    "\0",
    "\u{1}/name\u{2}",
    "\u{202e}abc\u{202c}",
    "\u{2066}x\u{2069}",
    "\u{feff}a\u{200b}b\u{a0}c\u{2028}d\u{2029}e",
    "*/ // /* \" ); fn main() {} //",
    "e\u{301} 👩\u{200d}💻 \u{e0001}\u{10ffff}",
    "'\"''\"\"\"'''",
];

fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(&NASTY[..]).prop_map(str::to_owned);
    let any = prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter);
    let lines = "[ \\t\\n\\r\\\\\"{}#a\u{202e}\u{a0}é]{0,40}";
    prop_oneof![any, lines, prop::collection::vec(nasty, 1..4).prop_map(|parts| parts.concat())]
}

fn samples(count: usize) -> Vec<String> {
    let mut runner = TestRunner::new(Config::default());
    let strategy = any_text();
    let random = (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    NASTY.iter().map(|text| (*text).to_owned()).chain(random).collect()
}

/// One program that holds every sample as a literal, laid out as generated code is, with a comment
/// of the same text in front of each, and prints those whose bytes are not the sample's.
#[test]
fn rustc_reads_every_literal_as_the_text_it_was_made_of() {
    let samples = samples(600);
    let mut code = String::from("#![deny(warnings)]\nstatic ALL: &[(&str, &[u8])] = &[\n");
    for text in &samples {
        writeln!(code, "// {}", literal::comment(text)).unwrap();
        writeln!(code, "({}, &{:?}),", literal::string(text), text.as_bytes()).unwrap();
    }
    code.push_str("];\nfn main() {\nfor (index, (text, bytes)) in ALL.iter().enumerate() {\n");
    code.push_str("if text.as_bytes() != *bytes {\nprintln!(\"{index}\");\n}\n}\n}\n");
    let (code, _) = layout::lay_out(&code);

    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("main.rs"), folder.path().join("main"));
    fs::write(&source, &code).unwrap();
    let rustc = Command::new("rustc")
        .args(["--edition", "2024", "-o"])
        .args([&program, &source])
        .output()
        .unwrap();
    assert!(rustc.status.success(), "{}", String::from_utf8_lossy(&rustc.stderr));
    let wrong = String::from_utf8(Command::new(&program).output().unwrap().stdout).unwrap();
    let wrong: Vec<_> =
        wrong.lines().map(|index| &samples[index.parse::<usize>().unwrap()]).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

proptest! {
    /// What the literal may consist of: nothing that ends it early or that one does not see.
    #[test]
    fn a_literal_shows_everything_and_ends_only_at_its_end(text in any_text()) {
        let literal = literal::string(&text);
        let inner = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let mut characters = inner.chars();
        while let Some(character) = characters.next() {
            prop_assert_ne!(character, '"');
            prop_assert!(character == '\n' || !character.is_control());
            if character == '\\' {
                prop_assert!(characters.next().is_some());
            }
        }
    }

    #[test]
    fn a_comment_is_one_line(text in any_text()) {
        prop_assert!(!literal::comment(&text).contains(char::is_control));
    }

    #[test]
    fn a_float_is_read_as_the_same_number(number in any::<f64>().prop_filter("", |it| it.is_finite())) {
        prop_assert_eq!(literal::float(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
    }

    #[test]
    fn a_grouped_number_keeps_its_digits(number in any::<u64>()) {
        prop_assert_eq!(literal::integer(number).replace('_', ""), number.to_string());
    }
}

#[test]
fn large_numbers_are_grouped() {
    let shown = [0, 999, 1500, 30_000, 1_048_576, u64::MAX].map(literal::integer);
    let wanted = ["0", "999", "1500", "30_000", "1_048_576", "18_446_744_073_709_551_615"];
    assert_eq!(shown, wanted);
}

#[test]
fn several_lines_stay_lines() {
    insta::assert_snapshot!(literal::string("a\n  b\n\n\tc\n"), @r#"
    "\
    a\n\
    \x20 b\n\
    \n\
    \tc\n"
    "#);
    assert_eq!(literal::string("one line\n"), r#""one line\n""#);
}

#[test]
fn marks_become_places_and_brackets_indentation() {
    let marked = format!("a(&[ {}\n\"\\\n}}]\",\n]);\n\n\nb\n", layout::mark("/x\u{2}y"));
    let (text, places) = layout::lay_out(&marked);
    assert_eq!(text, "a(&[\n    \"\\\n        }]\",\n]);\n\nb\n");
    assert_eq!(places.into_iter().collect::<Vec<_>>(), [(1, "/xy".to_owned())]);
}
