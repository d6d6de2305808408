//! One line of the table: who is called, and what was measured.

use crate::figures::Figures;
use crate::load::Target;
use crate::memory::Processes;

/// How many clients call at once, each a column.
pub(crate) const CLIENTS: [usize; 3] = [1, 8, 64];

/// A row; one that could not be started, or did not answer, has the reason instead of figures.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) target: Result<Target, String>,
    pub(crate) processes: Option<Processes>,
    /// With as many clients as `CLIENTS` says.
    pub(crate) figures: [Figures; 3],
    /// In megabytes, after all calls.
    pub(crate) memory: Option<f64>,
}

impl Row {
    pub(crate) fn new(name: &'static str, target: Target, processes: Option<Processes>) -> Self {
        Self { name, target: Ok(target), processes, figures: Default::default(), memory: None }
    }

    pub(crate) fn skipped(name: &'static str, why: &anyhow::Error) -> Self {
        let (target, figures) = (Err(format!("{why:#}")), Default::default());
        Self { name, target, processes: None, figures, memory: None }
    }

    /// Whether it was measured to the end.
    pub(crate) fn is_whole(&self) -> bool {
        self.target.is_ok() && self.figures.iter().all(Figures::any)
    }
}
