//! Figures and what they should reach.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// The figures so far. Each is printed when it is there, since some take minutes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: usize,
    missed: usize,
}

/// Columns that most figures have room in.
const WIDTH: usize = 56;

impl Table {
    /// A figure that may be at most `reach`.
    pub(crate) fn at_most(&mut self, what: &str, unit: &str, measured: f64, reach: f64) {
        let (figure, bound) = (format!("{measured:.2} {unit}"), format!("≤ {reach} {unit}"));
        self.row(what, &figure, &bound, measured <= reach);
    }

    /// A figure that must be at least `reach`.
    pub(crate) fn at_least(&mut self, what: &str, unit: &str, measured: f64, reach: f64) {
        let (figure, bound) = (format!("{measured:.1} {unit}"), format!("≥ {reach} {unit}"));
        self.row(what, &figure, &bound, measured >= reach);
    }

    /// A figure to know.
    pub(crate) fn note(&mut self, what: &str, unit: &str, measured: f64) {
        self.row(what, &format!("{measured:.2} {unit}"), "", true);
    }

    #[allow(clippy::print_stdout)] // the table is what this program is for
    fn row(&mut self, what: &str, measured: &str, reach: &str, good: bool) {
        if self.rows == 0 {
            println!("\n{:WIDTH$}  {:>12}  {:>12}", "what", "measured", "reach");
        }
        let mark = if good { "" } else { "  MISSED" };
        println!("{what:WIDTH$}  {measured:>12}  {reach:>12}{mark}");
        self.rows += 1;
        self.missed += usize::from(!good);
    }

    /// An error if any missed what it should reach.
    pub(crate) fn verdict(&self) -> Result<()> {
        let Self { rows, missed } = self;
        ensure!(*missed == 0, "{missed} of {rows} figures missed what they should reach");
        Ok(())
    }
}

/// The middle of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How long something takes, in seconds.
pub(crate) async fn seconds<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed().as_secs_f64())
}

/// Milliseconds of a duration.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
