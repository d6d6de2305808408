//! The builder's warm-up: about a minute at the first start, nothing later.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use promptpilot_control_plane::{BuildError, ControlPlane, Progress};

use crate::error::{Failure, Hint};
use crate::output::{is_terminal, note};
use crate::style::GOOD;
use crate::text::span;

/// A warm-up shorter than this is not worth a word.
const SILENT: Duration = Duration::from_secs(2);

/// Makes the builder ready and says how far it is. Deploys wait for it; calls do not need it.
pub(super) async fn run(plane: ControlPlane) {
    let began = Instant::now();
    let teller = Teller::default();
    match plane.warm(|progress| teller.tell(&progress)).await {
        Ok(()) => {
            teller.clear();
            if began.elapsed() > SILENT {
                note(format!("{GOOD}builder ready{GOOD:#} in {}", span(began.elapsed())));
            }
        }
        Err(error) => {
            teller.clear();
            note(Failure::from(error).to_string().trim_end());
        }
    }
}

impl Hint for BuildError {
    fn hint(&self) -> Option<String> {
        Self::hint(self).map(str::to_owned)
    }
}

/// Shows progress: a bar on a terminal, a line for every tenth elsewhere.
#[derive(Default)]
struct Teller {
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    bar: Option<ProgressBar>,
    said: String,
}

impl Teller {
    fn tell(&self, progress: &Progress) {
        let Ok(mut shown) = self.shown.lock() else { return };
        let text = match progress {
            Progress::Preparing | Progress::Ready => return,
            Progress::Fetching => "warming the builder: downloading crates".to_owned(),
            Progress::Compiling { done, total, .. } => {
                let tenth = (done * 10).checked_div(*total).unwrap_or(0);
                format!("warming the builder: {} % compiled", tenth * 10)
            }
        };
        if !is_terminal() {
            if shown.said != text {
                note(&text);
                shown.said = text;
            }
            return;
        }
        let bar = shown.bar.get_or_insert_with(bar);
        match progress {
            Progress::Compiling { done, total, current } => {
                bar.set_length(*total as u64);
                bar.set_position(*done as u64);
                bar.set_message(current.clone());
            }
            _ => bar.set_message(text),
        }
    }

    fn clear(&self) {
        if let Ok(shown) = self.shown.lock()
            && let Some(bar) = &shown.bar
        {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("warming the builder {bar:30} {pos}/{len} {msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
