//! Templates as trees: parsed with the settings that render them, so that what is found here is
//! what a call would meet.

use std::sync::LazyLock;

use minijinja::{
    Environment, ErrorKind,
    machinery::{ast::Stmt, parse as parse_template},
};

use super::prompt::Text;
use crate::finding::{Finding, nearest};

/// A template that parses.
pub(super) struct Template<'a> {
    pub(super) pointer: &'a str,
    pub(super) source: &'a str,
    pub(super) root: Stmt<'a>,
}

/// Parses each text; those that do not parse become findings.
pub(super) fn parse<'a>(texts: &'a [Text<'a>], findings: &mut Vec<Finding>) -> Vec<Template<'a>> {
    texts
        .iter()
        .filter_map(|text| {
            match parse_template(text.content, "prompt", promptpilot_spec::template::syntax()) {
                Ok(root) => Some(Template { pointer: &text.pointer, source: text.content, root }),
                Err(error) => {
                    findings.push(syntax_error(text, &error));
                    None
                }
            }
        })
        .collect()
}

fn syntax_error(text: &Text<'_>, error: &minijinja::Error) -> Finding {
    let detail = error.detail().unwrap_or("it could not be parsed");
    let offset = error.range().map_or_else(
        || start_of_line(text.content, error.line().unwrap_or(1)),
        |range| range.start.min(text.content.len()),
    );
    Finding::error("template-syntax", &text.pointer, format!("the template is not valid: {detail}"))
        .within(text.content, offset)
}

fn start_of_line(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line - 1).map(str::len).sum()
}

static ENVIRONMENT: LazyLock<Environment<'static>> =
    LazyLock::new(promptpilot_spec::template::environment);

/// What the rendering environment itself gives a template.
pub(super) fn is_global(name: &str) -> bool {
    ENVIRONMENT.globals().any(|(global, _)| global == name)
}

/// Whether a filter exists; if not, the one that was probably meant.
pub(super) fn unknown_filter(name: &str) -> Option<Option<&'static str>> {
    if FILTERS.contains(&name) {
        return None;
    }
    fails_with(&format!("1|{name}"), ErrorKind::UnknownFilter).then(|| nearest(name, FILTERS))
}

/// Whether a test exists; if not, the one that was probably meant.
pub(super) fn unknown_test(name: &str) -> Option<Option<&'static str>> {
    if TESTS.contains(&name) {
        return None;
    }
    fails_with(&format!("1 is {name}"), ErrorKind::UnknownTest).then(|| nearest(name, TESTS))
}

/// The environment does not list its filters and tests, so it is asked about each one that is none of the
/// well-known.
fn fails_with(expression: &str, kind: ErrorKind) -> bool {
    ENVIRONMENT
        .compile_expression(expression)
        .and_then(|expression| expression.eval(()))
        .is_err_and(|error| error.kind() == kind)
}

/// What it surely has, and what hints name.
const FILTERS: [&str; 36] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "count",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "replace",
    "reverse",
    "round",
    "select",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
];
const TESTS: [&str; 18] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "in",
    "integer",
    "iterable",
    "mapping",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_what_is_well_known() {
        for filter in FILTERS {
            assert!(!fails_with(&format!("1|{filter}"), ErrorKind::UnknownFilter), "{filter}");
        }
        for test in TESTS {
            assert!(!fails_with(&format!("1 is {test}"), ErrorKind::UnknownTest), "{test}");
        }
    }
}
