//! Which files a function may use: the system and its code to read, its `/tmp` to write.

use std::ffi::CStr;
use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// Kernels that know less enforce what they know.
const KNOWN: ABI = ABI::V6;

const SYSTEM: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/etc",
    "/nix/store",
    "/proc",
    "/sys",
    "/run/systemd/resolve",
];
const DEVICES: [&str; 6] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

/// The rules that are the same for all functions.
#[derive(Debug)]
pub(super) struct FileRules {
    system: Vec<PathBuf>,
}

impl FileRules {
    /// `None` where the kernel has no Landlock.
    pub(super) fn probe() -> Option<Self> {
        let required = landlock::CompatLevel::HardRequirement;
        landlock::Compatible::set_compatibility(Ruleset::default(), required)
            .handle_access(AccessFs::from_all(ABI::V1))
            .and_then(Ruleset::create)
            .ok()?;
        let mut system: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        // Often a link to where a service keeps it.
        let names = std::fs::canonicalize("/etc/resolv.conf").ok();
        system.extend(names.and_then(|names| names.parent().map(Path::to_owned)));
        system.retain(|path| path != Path::new("/"));
        Some(Self { system })
    }

    /// The rules of a process but for its temporary files.
    pub(super) fn ruleset(&self, code: &Path) -> io::Result<RulesetCreated> {
        let code = PathFd::new(code).map_err(io::Error::other)?;
        self.build(code).map_err(io::Error::other)
    }

    fn build(&self, code: PathFd) -> Result<RulesetCreated, RulesetError> {
        let read = AccessFs::from_read(KNOWN);
        let device: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::WriteFile;
        Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?
            .add_rules(path_beneath_rules(&self.system, read))?
            .add_rules(path_beneath_rules(DEVICES, device))?
            .add_rule(PathBeneath::new(code, read))
    }
}

/// Runs in the child: it may write to `tmp` (which may be a mount that only it sees), and from here
/// on the rules hold.
pub(super) fn enforce(ruleset: RulesetCreated, tmp: &CStr) -> io::Result<()> {
    let tmp = open(tmp, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let ruleset = ruleset.add_rule(PathBeneath::new(tmp, AccessFs::from_all(KNOWN)));
    match ruleset.and_then(RulesetCreated::restrict_self) {
        Ok(_) => Ok(()),
        Err(_) => Err(io::ErrorKind::PermissionDenied.into()),
    }
}
