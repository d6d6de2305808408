//! A view of the file system of a process's own: an empty `/tmp`, and its code at `/var/task`.

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, chdir, mkdir, write};

const NONE: Option<&CStr> = None;
/// What the probe's child fails with when all has gone well.
const WENT_WELL: Errno = Errno::ECANCELED;

/// How a process gets its view.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The maps of a new user namespace, which who is not root needs.
    maps: Option<Maps>,
}

/// The one user and group that stay as they are.
#[derive(Debug, Clone)]
struct Maps {
    user: String,
    group: String,
}

impl View {
    /// `None` where the kernel or an administrator says no.
    pub(super) fn probe() -> Option<Self> {
        let (user, group) = (Uid::effective(), Gid::effective());
        let maps = (!user.is_root()).then(|| Maps {
            user: format!("{user} {user} 1"),
            group: format!("{group} {group} 1"),
        });
        let view = Self { maps };
        let tried = view.clone();
        let mut command = Command::new("/");
        // SAFETY: between fork and exec only async-signal-safe calls are made and nothing is
        // allocated.
        #[allow(unsafe_code, reason = "there is no other way to try this in a child")]
        unsafe {
            command.pre_exec(move || match tried.enter(c"/", c"mode=1777,size=1m") {
                Ok(()) => Err(WENT_WELL.into()),
                Err(error) => Err(error),
            });
        }
        match command.spawn() {
            Err(error) if error.raw_os_error() == Some(WENT_WELL as i32) => Some(view),
            Err(error) => {
                tracing::info!(%error, "functions have no /tmp of their own, but a TMPDIR");
                None
            }
            Ok(_) => None,
        }
    }

    /// Runs in the child.
    pub(super) fn enter(&self, code: &CStr, tmp_options: &CStr) -> io::Result<()> {
        match &self.maps {
            None => unshare(CloneFlags::CLONE_NEWNS)?,
            Some(maps) => {
                unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUSER)?;
                fill(c"/proc/self/setgroups", b"deny")?;
                fill(c"/proc/self/uid_map", maps.user.as_bytes())?;
                fill(c"/proc/self/gid_map", maps.group.as_bytes())?;
            }
        }
        // What is mounted from here on is nobody else's affair.
        mount(NONE, c"/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
        chdir(code)?;
        let guarded = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        let small = Some(c"mode=755,size=64k");
        mount(Some(c"tmpfs"), c"/var", Some(c"tmpfs"), guarded, small)?;
        mkdir(c"/var/task", Mode::from_bits_truncate(0o755))?;
        mkdir(c"/var/runtime", Mode::from_bits_truncate(0o755))?;
        // The code may lie below what has just been covered; from within it is `.` all the same.
        mount(Some(c"."), c"/var/task", NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;
        mount(Some(c"tmpfs"), c"/tmp", Some(c"tmpfs"), guarded, Some(tmp_options))?;
        chdir(c"/var/task")?;
        Ok(())
    }
}

fn fill(file: &CStr, text: &[u8]) -> io::Result<()> {
    let file = open(file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    write(&file, text)?;
    Ok(())
}
