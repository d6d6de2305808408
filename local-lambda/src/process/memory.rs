//! How much memory a process holds, and how much it may.
//!
//! The bound is kept by looking: many times a second while calls are under way, and a process that
//! holds more than its function has is killed, as on the service. In between the kernel's limit
//! holds, which is wider, since it counts what was asked for and not what is used.

use std::fs;
use std::time::Duration;

/// Between two looks at a process that works.
pub(super) const LOOK: Duration = Duration::from_millis(50);

const MEGABYTE: u64 = 1 << 20;
/// Runtimes ask for more than they use: stacks, heaps to grow into.
const HEADROOM: u64 = 1 << 30;

/// The kernel's limit for a function with this much memory.
pub(super) fn most_bytes(memory_mb: u32) -> u64 {
    2 * u64::from(memory_mb) * MEGABYTE + HEADROOM
}

/// What a process and those it started hold, 0 where they have gone. Pages that are shared, as those
/// of a program are, do not count.
pub(super) fn held_mb(pid: i32) -> u64 {
    let (mut pages, mut family) = (0, vec![pid]);
    while let Some(pid) = family.pop() {
        pages += own_pages(pid);
        family.extend(children(pid));
    }
    pages * page_size() / MEGABYTE
}

fn own_pages(pid: i32) -> u64 {
    let counts = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut counts = counts.split(' ').skip(1).map(|count| count.parse::<u64>().unwrap_or(0));
    let (resident, shared) = (counts.next().unwrap_or(0), counts.next().unwrap_or(0));
    resident.saturating_sub(shared)
}

/// Each thread has a list of its own. Whose parent has ended is in none.
fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.filter_map(|it| fs::read_to_string(it.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| {
            let pids = list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
            pids.collect::<Vec<_>>()
        })
        .collect()
}

/// The most that a process ever held, its program included.
pub(super) fn peak_mb(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0).div_ceil(1024)
}

fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    size.ok().flatten().and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_holds_is_seen() {
        let own = i32::try_from(std::process::id()).unwrap_or(0);
        let before = held_mb(own);
        let held = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(held_mb(own) >= before + 60, "{before} MB, then {} MB", held_mb(own));
        assert!(peak_mb(own) >= 64);
        drop(held);
        assert_eq!(held_mb(i32::MAX), 0);
    }

    #[test]
    fn those_it_started_are_among_it() -> std::io::Result<()> {
        let mut child = std::process::Command::new("sleep").arg("60").spawn()?;
        let own = i32::try_from(std::process::id()).unwrap_or(0);
        let listed = children(own).contains(&i32::try_from(child.id()).unwrap_or(0));
        child.kill()?;
        child.wait()?;
        assert!(listed);
        Ok(())
    }
}
