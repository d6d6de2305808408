//! `docs/recorded.md`, made of the scenarios.

use std::fmt::Write;
use std::path::Path;

use crate::common::Result;
use crate::recorded::Area;

const HEAD: &str = "\
# Replies recorded on AWS

The authors of LocalStack recorded what AWS Lambda answers to their tests
(`tests/aws/services/lambda_/test_lambda_api.snapshot.json` and `test_lambda.snapshot.json`, as of
March 2026). For each recorded case that is about something this host has, a scenario of ours in
`tests/recorded/` makes the same requests and expects the same status, error type, message and order
of states. This table is made of those scenarios: `RECORDED=write cargo nextest run -p local-lambda
the_table_of_recorded_cases`.

";

/// Compares the file with what it should be, or writes it where the environment asks for that.
pub(crate) fn check(areas: &[Area]) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recorded.md");
    let table = table(areas);
    if std::env::var_os("RECORDED").is_some_and(|it| it == "write") {
        return Ok(std::fs::write(path, table)?);
    }
    if std::fs::read_to_string(&path)? == table {
        return Ok(());
    }
    Err(format!("{} is not up to date: run this test with RECORDED=write", path.display()).into())
}

fn table(areas: &[Area]) -> String {
    let played = |area: &Area| -> usize {
        let cases = area.cases.iter().map(|it| count(&it.recorded));
        cases.chain(area.elsewhere.iter().map(|it| count(&it.recorded))).sum()
    };
    let passed: usize = areas.iter().map(played).sum();
    let left = areas.iter().flat_map(|area| &area.left_out);
    let missed: usize = left.filter(|it| it.applies).map(|it| count(&it.recorded)).sum();
    let percent = 100 * passed / (passed + missed).max(1);
    let mut text = HEAD.to_owned();
    let applying = passed + missed;
    let _ = writeln!(text, "Of {applying} cases that apply, {passed} pass: {percent} %.");
    for area in areas {
        let _ = write!(text, "\n## {}\n\n| recorded | | what |\n| --- | --- | --- |\n", area.title);
        let cases = area.cases.iter().map(|it| (&it.recorded, &it.name));
        let elsewhere = area.elsewhere.iter().map(|it| (&it.recorded, &it.name));
        // Some are facts that were found elsewhere.
        for (recorded, name) in cases.chain(elsewhere).filter(|it| !it.0.is_empty()) {
            row(&mut text, recorded, "passed", &name.replace('_', " "));
        }
        for left in &area.left_out {
            let verdict = if left.applies { "**differs**" } else { "left out" };
            row(&mut text, &left.recorded, verdict, &left.why);
        }
    }
    text
}

fn row(text: &mut String, recorded: &[String], verdict: &str, what: &str) {
    let names: Vec<_> = recorded.iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(text, "| {} | {verdict} | {what} |", names.join(", "));
}

/// How many cases the names stand for: `{a,b}` is two of them.
fn count(recorded: &[String]) -> usize {
    let choices = |name: &String| {
        name.split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .map(|choices| choices.split(',').count())
            .product::<usize>()
    };
    recorded.iter().map(choices).sum()
}
