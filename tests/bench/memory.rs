//! What processes hold: their proportional set size, in which a page that several share counts once.

use std::fs;

/// Whose memory it is.
#[derive(Debug)]
pub(crate) enum Processes {
    One(u32),
    /// It and all that came of it.
    Tree(u32),
    /// Those of a deployed function, by its name.
    Function(String),
}

/// In megabytes; nothing where no process is left, or none may be looked at.
pub(crate) fn held(by: &Processes) -> Option<f64> {
    let pids: Vec<u32> = processes().filter(|pid| belongs(*pid, by)).collect();
    let kilobytes: u64 = pids.into_iter().filter_map(proportional).sum();
    (kilobytes > 0).then(|| kilobytes as f64 * 1024.0 / 1_000_000.0)
}

fn belongs(pid: u32, to: &Processes) -> bool {
    match to {
        Processes::One(it) => pid == *it,
        Processes::Tree(root) => lineage(pid).any(|it| it == *root),
        Processes::Function(name) => {
            let wanted = format!("AWS_LAMBDA_FUNCTION_NAME={name}");
            let variables = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            variables.split(|byte| *byte == 0).any(|it| it == wanted.as_bytes())
        }
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A process, its parent, that one's parent.
fn lineage(pid: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(pid), |pid| parent(*pid))
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may have spaces and brackets.
    stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()
}

fn proportional(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
