//! Indents generated Rust by its brackets and takes out the marks that say which part of the
//! definition a line comes from.

use std::collections::BTreeMap;

/// Around a mark; the literal filter lets no such character through.
const MARK: char = '\u{1}';
const MARK_END: char = '\u{2}';

/// A mark for the line it stands in.
pub(super) fn mark(pointer: &str) -> String {
    let pointer: String = pointer.chars().filter(|c| !c.is_control()).collect();
    format!("{MARK}{pointer}{MARK_END}")
}

/// The text with indentation, and each marked line's pointer.
pub(super) fn lay_out(marked: &str) -> (String, BTreeMap<usize, String>) {
    let mut text = String::with_capacity(marked.len());
    let mut places = BTreeMap::new();
    let mut scanner = Scanner::default();
    let mut number = 0;
    for line in marked.lines() {
        let (line, pointer) = unmark(line);
        let in_literal = scanner.in_literal;
        let line = line.trim_start();
        // No second empty line in a row, and none at the beginning.
        if !in_literal && line.is_empty() && (text.is_empty() || text.ends_with("\n\n")) {
            continue;
        }
        number += 1;
        if let Some(pointer) = pointer {
            places.insert(number, pointer);
        }
        if !line.is_empty() {
            text.extend(std::iter::repeat_n("    ", scanner.depth(line)));
        }
        scanner.scan(line, number);
        text.push_str(if scanner.in_literal { line } else { line.trim_end() });
        text.push('\n');
    }
    (text, places)
}

fn unmark(line: &str) -> (String, Option<String>) {
    let Some((before, rest)) = line.split_once(MARK) else { return (line.to_owned(), None) };
    let Some((pointer, after)) = rest.split_once(MARK_END) else { return (line.to_owned(), None) };
    (format!("{before}{after}"), Some(pointer.to_owned()))
}

/// Which brackets are open, by the line that opened them, and whether a literal is.
#[derive(Default)]
struct Scanner {
    open: Vec<usize>,
    in_literal: bool,
}

impl Scanner {
    /// One step for each line that opened brackets, however many it opened.
    fn depth(&self, line: &str) -> usize {
        if self.in_literal {
            return steps(&self.open) + 1;
        }
        let closed = line.chars().take_while(|c| matches!(c, '}' | ']' | ')')).count();
        steps(&self.open[..self.open.len().saturating_sub(closed)])
    }

    fn scan(&mut self, line: &str, number: usize) {
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match (self.in_literal, character) {
                (true, '\\') => _ = characters.next(),
                (_, '"') => self.in_literal = !self.in_literal,
                (true, _) => {}
                (false, '/') if characters.as_str().starts_with('/') => return,
                (false, '{' | '[' | '(') => self.open.push(number),
                (false, '}' | ']' | ')') => _ = self.open.pop(),
                _ => {}
            }
        }
    }
}

fn steps(lines: &[usize]) -> usize {
    lines.chunk_by(|a, b| a == b).count()
}
