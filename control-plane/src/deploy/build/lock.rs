//! A lane's lock file. Builds run `--locked`, so we write the entries of the crates that a call
//! builds ourselves, as cargo would.

/// A lock file without the entries of generated crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    head: String,
    packages: Vec<String>,
}

/// What names of generated crates begin with.
pub(super) const PREFIX: &str = "endpoint-";

const ENTRY: &str = "[[package]]\n";

impl Lock {
    /// Reads a lock file and leaves out generated crates.
    pub(super) fn parse(text: &str) -> Self {
        let mut blocks = text.split(ENTRY);
        let head = blocks.next().unwrap_or_default().to_owned();
        let packages = blocks
            .map(|block| block.trim_end().to_owned())
            .filter(|block| !name(block).starts_with(PREFIX))
            .collect();
        Self { head, packages }
    }

    /// The lock file of a workspace whose members are these generated crates.
    pub(super) fn with_members(&self, members: &[String]) -> String {
        let mut packages = self.packages.clone();
        packages.extend(members.iter().map(|member| {
            format!(
                "name = \"{member}\"\nversion = \"0.0.0\"\ndependencies = [\n \"promptpilot-runtime\",\n]"
            )
        }));
        packages.sort_by(|a, b| name(a).cmp(name(b)));
        let mut text = self.head.clone();
        for (index, package) in packages.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            text.push_str(ENTRY);
            text.push_str(package);
            text.push('\n');
        }
        text
    }

    /// How many packages there are.
    pub(super) const fn len(&self) -> usize {
        self.packages.len()
    }
}

fn name(block: &str) -> &str {
    let line = block.lines().find_map(|line| line.strip_prefix("name = \""));
    line.and_then(|rest| rest.strip_suffix('"')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# generated\nversion = 4\n\n[[package]]\nname = \"bytes\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"endpoint-old\"\nversion = \"0.0.0\"\n\n[[package]]\nname = \"zlib\"\nversion = \"1.0.0\"\n";

    #[test]
    fn members_are_put_in_their_place() {
        let text = Lock::parse(LOCK).with_members(&["endpoint-b".into(), "endpoint-a".into()]);
        let names: Vec<_> = text.lines().filter(|line| line.starts_with("name")).collect();
        assert_eq!(
            names,
            [
                "name = \"bytes\"",
                "name = \"endpoint-a\"",
                "name = \"endpoint-b\"",
                "name = \"zlib\""
            ]
        );
        assert!(text.starts_with("# generated\nversion = 4\n\n[[package]]\n"));
        assert!(text.ends_with("version = \"1.0.0\"\n"));
    }

    #[test]
    fn the_repositorys_own_lock_is_read_and_written_alike() {
        let text = super::super::carried::LOCK;
        let lock = Lock::parse(text);
        assert_eq!(lock.with_members(&[]), text);
        assert!(lock.len() > 100);
    }
}
