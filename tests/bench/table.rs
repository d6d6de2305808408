//! Figures and what they should reach.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// All rows, in order.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    reach: String,
    good: bool,
}

impl Table {
    /// A figure that may be at most `reach`.
    pub(crate) fn at_most(&mut self, what: &str, unit: &str, measured: f64, reach: f64) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.2} {unit}"),
            reach: format!("≤ {reach} {unit}"),
            good: measured <= reach,
        });
    }

    /// A figure that must be at least `reach`.
    pub(crate) fn at_least(&mut self, what: &str, unit: &str, measured: f64, reach: f64) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.1} {unit}"),
            reach: format!("≥ {reach} {unit}"),
            good: measured >= reach,
        });
    }

    /// A figure to know.
    pub(crate) fn note(&mut self, what: &str, unit: &str, measured: f64) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.2} {unit}"),
            reach: String::new(),
            good: true,
        });
    }

    /// Prints all rows; an error if any missed what it should reach.
    #[allow(clippy::print_stdout)] // the table is what this program is for
    pub(crate) fn print(&self) -> Result<()> {
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        println!("\n{:width$}  {:>12}  {:>12}", "what", "measured", "reach");
        for Row { what, measured, reach, good } in &self.rows {
            let mark = if *good { "" } else { "  MISSED" };
            println!("{what:width$}  {measured:>12}  {reach:>12}{mark}");
        }
        let missed = self.rows.iter().filter(|row| !row.good).count();
        ensure!(
            missed == 0,
            "{missed} of {} figures missed what they should reach",
            self.rows.len()
        );
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
