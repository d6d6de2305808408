//! Findings as compilers show them: what, where, the line itself, a caret, and what would be right.

use std::fmt::{self, Write};

use anstyle::Style;
use promptpilot_codegen::{Finding, Severity};
use serde::Serialize;

use crate::folder::DefinitionFile;
use crate::style::{ERROR, GOOD, HINT, MARGIN, STRONG, WARNING};

/// What was found in one definition.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The endpoint's name.
    name: String,
    /// The definition's file.
    file: String,
    /// Errors first.
    pub(crate) findings: Vec<Finding>,
    #[serde(skip)]
    text: String,
}

/// What was found in all of them.
#[derive(Debug, Serialize)]
pub(crate) struct Reports {
    pub(crate) definitions: Vec<Report>,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Reports {
    /// Puts findings beside the files they are about.
    pub(crate) fn new(found: impl IntoIterator<Item = (DefinitionFile, Vec<Finding>)>) -> Self {
        let definitions: Vec<Report> = found
            .into_iter()
            .map(|(file, mut findings)| {
                findings.sort_by_key(|finding| (finding.severity, line(finding)));
                Report { name: file.name, file: file.path, findings, text: file.text }
            })
            .collect();
        let count = |severity| {
            let all = definitions.iter().flat_map(|report| &report.findings);
            all.filter(|finding| finding.severity == severity).count()
        };
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), definitions }
    }

    /// The server's findings of several files, put beside the files by the place they name.
    pub(crate) fn of_files(files: &[DefinitionFile], findings: &[Finding]) -> Self {
        let first = files.first().map(|file| file.path.as_str());
        Self::new(files.iter().map(|file| {
            let about = |finding: &&Finding| match &finding.location {
                Some(location) => location.file == file.path,
                None => Some(file.path.as_str()) == first,
            };
            (file.clone(), findings.iter().filter(about).cloned().collect())
        }))
    }
}

impl Reports {
    /// What is wrong alone, without a word about what is good or was not checked.
    pub(crate) fn findings_only(&self) -> String {
        let mut text = String::new();
        for report in &self.definitions {
            let told =
                report.findings.iter().filter(|finding| finding.severity != Severity::Unchecked);
            for finding in told {
                let _ = write_finding(&mut text, finding, &report.file, &report.text);
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for report in &self.definitions {
            write!(f, "{report}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            write_finding(f, finding, &self.file, &self.text)?;
        }
        if !self.findings.iter().any(Finding::is_error) {
            writeln!(f, "{GOOD}ok{GOOD:#} {STRONG}{}{STRONG:#} ({})", self.name, self.file)?;
        }
        Ok(())
    }
}

fn line(finding: &Finding) -> usize {
    finding.location.as_ref().map_or(0, |location| location.line)
}

fn title(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Error => ("error", ERROR),
        Severity::Warning => ("warning", WARNING),
        Severity::Unchecked => ("not checked", HINT),
    }
}

/// One finding, ended by an empty line.
fn write_finding(f: &mut dyn Write, finding: &Finding, file: &str, text: &str) -> fmt::Result {
    let (title, style) = title(finding.severity);
    if finding.severity == Severity::Unchecked {
        return writeln!(f, "{style}{title}{style:#}: {}", finding.message);
    }
    writeln!(
        f,
        "{style}{title}[{}]{style:#}: {STRONG}{}{STRONG:#}",
        finding.code, finding.message
    )?;
    match &finding.location {
        Some(place) => {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            writeln!(
                f,
                "{margin}{MARGIN}-->{MARGIN:#} {}:{}:{}",
                place.file, place.line, place.column
            )?;
            if let Some(source) = text.lines().nth(place.line.saturating_sub(1)) {
                let (shown, indent) = window(source, place.column);
                writeln!(f, "{margin} {MARGIN}|{MARGIN:#}")?;
                writeln!(f, "{MARGIN}{number} |{MARGIN:#} {shown}")?;
                writeln!(f, "{margin} {MARGIN}|{MARGIN:#} {indent}{style}^{style:#}")?;
            }
        }
        None if finding.pointer.is_empty() => writeln!(f, " {MARGIN}-->{MARGIN:#} {file}")?,
        None => writeln!(f, " {MARGIN}-->{MARGIN:#} {file}, at `{}`", finding.pointer)?,
    }
    if let Some(hint) = &finding.hint {
        writeln!(f, "{HINT}hint{HINT:#}: {hint}")?;
    }
    writeln!(f)
}

/// The longest piece of a line that is shown.
const WIDTH: usize = 100;

/// The piece of `source` around a column (in characters, from 1), and the blanks that put a caret
/// below it. Control characters do not reach the terminal.
fn window(source: &str, column: usize) -> (String, String) {
    let characters: Vec<char> =
        source.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    let at = column.saturating_sub(1).min(characters.len());
    let start = at.saturating_sub(WIDTH * 2 / 3).min(characters.len().saturating_sub(WIDTH));
    let end = characters.len().min(start + WIDTH);
    let mut shown: String = characters[start..end].iter().collect();
    let mut indent: String =
        characters[start..at].iter().map(|c| if *c == '\t' { '\t' } else { ' ' }).collect();
    if start > 0 {
        shown.insert(0, '…');
        indent.insert(0, ' ');
    }
    if end < characters.len() {
        shown.push('…');
    }
    (shown, indent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptpilot_codegen::Location;

    fn file(text: &str) -> DefinitionFile {
        DefinitionFile {
            path: "endpoints/a.toml".to_owned(),
            text: text.to_owned(),
            name: "a".to_owned(),
        }
    }

    fn at(mut finding: Finding, line: usize, column: usize) -> Finding {
        finding.location = Some(Location { file: "endpoints/a.toml".to_owned(), line, column });
        finding
    }

    fn plain(reports: &Reports) -> String {
        anstream::adapter::strip_str(&reports.to_string()).to_string()
    }

    #[test]
    fn a_finding_shows_its_line_and_points_at_it() {
        let finding = at(
            Finding::error(
                "undeclared-variable",
                "/prompt/template",
                "the template uses `txt`, which no request field gives",
            )
            .hint("did you mean `text`?"),
            2,
            17,
        );
        let reports =
            Reports::new([(file("[prompt]\ntemplate = \"Say {{ txt }}\"\n"), vec![finding])]);
        insta::assert_snapshot!(plain(&reports), @r#"
        error[undeclared-variable]: the template uses `txt`, which no request field gives
         --> endpoints/a.toml:2:17
          |
        2 | template = "Say {{ txt }}"
          |                 ^
        hint: did you mean `text`?
        "#);
        assert_eq!(reports.errors, 1);
    }

    #[test]
    fn a_good_definition_is_one_line_after_its_warnings() {
        let finding = Finding::warning("unused-field", "/request/b", "no template uses `b`");
        let reports = Reports::new([(file(""), vec![finding])]);
        insta::assert_snapshot!(plain(&reports), @r"
        warning[unused-field]: no template uses `b`
         --> endpoints/a.toml, at `/request/b`

        ok a (endpoints/a.toml)
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let source = format!("{}X{}", "a".repeat(300), "b".repeat(300));
        let (shown, indent) = window(&source, 301);
        assert!(shown.chars().count() <= WIDTH + 2);
        assert_eq!(shown.chars().nth(indent.chars().count()), Some('X'));
    }

    #[test]
    fn nothing_in_a_definition_speaks_to_the_terminal() {
        let (shown, _) = window("a\u{1b}[31mb", 1);
        assert_eq!(shown, "a\u{fffd}[31mb");
    }
}
