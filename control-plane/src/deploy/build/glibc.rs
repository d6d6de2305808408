//! Which C library a program needs. One built on a newer machine than Lambda's dies at its start,
//! which is better found before it is published.

use std::fmt;

/// What Amazon Linux 2023 has.
pub(crate) const LAMBDA: Version = Version(2, 34);

/// A version of the GNU C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "glibc {}.{}", self.0, self.1)
    }
}

/// The newest version that a program asks for. The names of versions stand in the program as
/// texts, so no parsing of its tables is needed.
pub(crate) fn needed(program: &[u8]) -> Option<Version> {
    const NAME: &[u8] = b"GLIBC_";
    program
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME)
        .filter_map(|(at, _)| parse(&program[at + NAME.len()..]))
        .max()
}

fn parse(text: &[u8]) -> Option<Version> {
    let end = text.iter().take(12).position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let mut numbers = std::str::from_utf8(&text[..end]).ok()?.split('.');
    Some(Version(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts() {
        let program = b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0";
        assert_eq!(needed(program), Some(Version(2, 34)));
        assert!(needed(b"GLIBC_2.38\0") > Some(LAMBDA));
        assert_eq!(needed(b"no program"), None);
    }
}
