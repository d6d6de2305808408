//! Accounts for processes of a host that is root: one each, from a range that no system hands out.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

/// Above what containers and systemd take, below what is negative in 32 bits.
const FIRST: u32 = 2_000_000_000;
const COUNT: u32 = 100_000;

/// The range, and who is next.
#[derive(Debug)]
pub(super) struct Accounts(AtomicU32);

/// A user and the group of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account(u32);

impl Accounts {
    /// `None` where the host may not change accounts, or lives in a user namespace without them.
    /// They begin anywhere in the range: two hosts on one machine would else have the same ones, and
    /// what one account may start is counted over both.
    pub(super) fn probe() -> Option<Self> {
        let maps = [read("/proc/self/uid_map"), read("/proc/self/gid_map")];
        let usable = Uid::effective().is_root() && maps.iter().all(|map| covers(map));
        let first = getrandom::u32().unwrap_or_default();
        usable.then(|| Self(AtomicU32::new(first)))
    }

    /// The next account. The range is so long that the one before it has gone.
    pub(super) fn take(&self) -> Account {
        Account(FIRST + self.0.fetch_add(1, Ordering::Relaxed) % COUNT)
    }
}

impl Account {
    /// Runs in the child.
    pub(super) fn become_it(self) -> io::Result<()> {
        setgroups(&[])?;
        setgid(Gid::from_raw(self.0))?;
        setuid(Uid::from_raw(self.0))?;
        Ok(())
    }

    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.0), Some(self.0))
    }
}

/// Whether accounts that are no members of anything can reach what is in `path`.
pub(super) fn others_may_enter(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let open = |part: &Path| part.metadata().is_ok_and(|it| it.permissions().mode() & 0o001 != 0);
    path.ancestors().all(open)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Whether a map (lines of: first inside, first outside, count) has the whole range.
fn covers(map: &str) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(first)), Some(_), Some(Ok(count))) => {
                first <= u64::from(FIRST) && first + count >= u64::from(FIRST + COUNT)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_namespace_with_few_accounts_has_none_to_spare() {
        assert!(covers("         0          0 4294967295\n"));
        assert!(!covers("0 100000 65536\n"));
        assert!(!covers("0 1000 1\n1 100000 65536\n"));
        assert!(!covers(""));
    }

    #[test]
    fn no_account_comes_twice_soon() {
        let accounts = Accounts(AtomicU32::new(COUNT - 1));
        assert_eq!(accounts.take(), Account(FIRST + COUNT - 1));
        assert_eq!(accounts.take(), Account(FIRST));
        assert_eq!(accounts.take(), Account(FIRST + 1));
    }
}
