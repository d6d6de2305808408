//! Progress on stderr: on a terminal one moving line for each endpoint, elsewhere a line for each step.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::api::{LogLine, Status};
use crate::output::{is_terminal, note};
use crate::style::{ERROR, FAINT, STRONG, WARNING};
use crate::text::span;

/// The lines of one deploy.
pub(crate) struct Board {
    bars: Option<MultiProgress>,
    verbose: bool,
    shown: RefCell<Vec<ProgressBar>>,
}

impl Board {
    pub(crate) fn new(verbose: bool) -> Self {
        let bars = (is_terminal() && !verbose).then(MultiProgress::new);
        Self { bars, verbose, shown: RefCell::default() }
    }

    /// The line of one endpoint.
    pub(crate) fn line(&self, endpoint: &str) -> Line<'_> {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:.bold} {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(endpoint.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            self.shown.borrow_mut().push(bar.clone());
            bar
        });
        Line { board: self, endpoint: endpoint.to_owned(), bar, now: Cell::new(None) }
    }

    /// Takes the moving lines away: the result says it all.
    pub(crate) fn clear(&self) {
        for bar in self.shown.borrow().iter() {
            bar.finish_and_clear();
        }
    }
}

/// One endpoint's progress.
pub(crate) struct Line<'a> {
    board: &'a Board,
    endpoint: String,
    bar: Option<ProgressBar>,
    now: Cell<Option<(Status, Instant)>>,
}

impl Line<'_> {
    /// A stage begins, or the end has come.
    pub(crate) fn status(&self, status: Status) {
        let before = self.now.replace(Some((status, Instant::now())));
        if before.is_some_and(|(before, _)| before == status) {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{status} …"));
            return;
        }
        if let Some((before, since)) = before {
            let took = span(since.elapsed());
            note(format!("{STRONG}{}{STRONG:#} {before} {FAINT}{took}{FAINT:#}", self.endpoint));
        }
    }

    /// Something was written to the log. Without `--verbose` only what matters is shown.
    pub(crate) fn log(&self, entry: &LogLine) {
        use promptpilot_control_plane::deploy::model::Level;
        let style = match entry.level {
            Level::Error => ERROR,
            Level::Warn => WARNING,
            Level::Info => FAINT,
        };
        let text = &entry.text;
        if self.board.verbose {
            note(format!("{}{style} | {style:#}{text}", self.endpoint));
        } else if let Some(bar) = &self.bar {
            bar.set_message(format!("{} … {FAINT}{text}{FAINT:#}", entry.stage));
        }
    }
}
