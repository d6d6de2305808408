//! What keeps a function to itself: file access by Landlock, a `/tmp` and a `/var/task` of its own
//! in a mount namespace, an account of its own where the host is root. Each is used where the
//! kernel allows it, found out once at the start.

mod account;
mod files;
mod namespace;

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use landlock::RulesetCreated;
use nix::sys::prctl::set_no_new_privs;
use nix::unistd::{Uid, chdir};

use account::{Account, Accounts};
use files::FileRules;
use namespace::View;

/// Where a function finds its code, if it has a view of its own; as on the service.
const TASK_ROOT: &str = "/var/task";

/// Whether functions are kept to themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sandbox {
    /// As far as the kernel allows; what is in force is told in the log.
    #[default]
    On,
    /// Functions may do what the host's account may do.
    Off,
}

/// What can be enforced on this machine.
#[derive(Debug)]
pub(super) struct Enforcer {
    files: Option<FileRules>,
    view: Option<View>,
    accounts: Option<Accounts>,
    /// Where functions have their temporary files that have no `/tmp` of their own.
    scratch: PathBuf,
}

/// What one process is put into.
#[derive(Debug)]
pub(super) struct Cell {
    code: CString,
    view: Option<View>,
    account: Option<Account>,
    ruleset: Option<RulesetCreated>,
    new_privileges: bool,
    tmp: CString,
    tmp_options: CString,
}

/// A process's temporary directory, removed with it.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Enforcer {
    /// Finds out what the kernel allows. `data` is where functions run from.
    pub(super) fn probe(sandbox: Sandbox, data: &Path) -> io::Result<Self> {
        let scratch = data.join("tmp");
        if scratch.exists() {
            // Of processes that a killed host has left.
            std::fs::remove_dir_all(&scratch)?;
        }
        std::fs::create_dir_all(&scratch)?;
        if sandbox == Sandbox::Off {
            tracing::warn!("the sandbox is off: functions may do what this host's account may do");
            return Ok(Self { files: None, view: None, accounts: None, scratch });
        }
        let view = View::probe();
        let reachable = view.is_some() || account::others_may_enter(data);
        let accounts = Accounts::probe().filter(|_| reachable);
        let enforcer = Self { files: FileRules::probe(), view, accounts, scratch };
        enforcer.tell();
        Ok(enforcer)
    }

    fn tell(&self) {
        let in_force = |it: bool| if it { "yes" } else { "not on this machine" };
        tracing::info!(
            landlock = in_force(self.files.is_some()),
            own_tmp = in_force(self.view.is_some()),
            own_account = in_force(self.accounts.is_some()),
            "functions run in a sandbox"
        );
        if Uid::effective().is_root() && self.accounts.is_none() {
            tracing::warn!(
                "functions run as root: the data directory must be open to others (chmod o+x)"
            );
        }
    }

    /// Where a function finds the code that is in `directory`.
    pub(super) fn task_root<'a>(&self, directory: &'a Path) -> &'a Path {
        if self.view.is_some() { Path::new(TASK_ROOT) } else { directory }
    }

    /// A cell for the process called `name` that runs the code in `directory` and may fill `tmp_mb`
    /// with files. The directory that may come with it is to be kept until the process has ended.
    pub(super) fn cell(
        &self,
        name: &str,
        directory: &Path,
        tmp_mb: u32,
    ) -> io::Result<(Cell, Option<Scratch>)> {
        let account = self.accounts.as_ref().map(Accounts::take);
        let scratch = match self.view {
            Some(_) => None,
            None => Some(Scratch::create(self.scratch.join(name), account)?),
        };
        let tmp = scratch.as_ref().map_or(Path::new("/tmp"), |scratch| &scratch.0);
        let ruleset = match &self.files {
            Some(rules) => Some(rules.ruleset(directory)?),
            None => None,
        };
        let cell = Cell {
            code: CString::new(directory.as_os_str().as_bytes())?,
            view: self.view.clone(),
            account,
            ruleset,
            new_privileges: self.files.is_none() && self.view.is_none(),
            tmp: CString::new(tmp.as_os_str().as_bytes())?,
            tmp_options: CString::new(format!("mode=1777,size={tmp_mb}m"))?,
        };
        Ok((cell, scratch))
    }
}

impl Cell {
    /// Whether the process has an account that nobody else has.
    pub(super) fn has_own_account(&self) -> bool {
        self.account.is_some()
    }

    /// Runs in the child, where nothing may be allocated. Afterwards it stands in its code's
    /// directory.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        match &self.view {
            Some(view) => view.enter(&self.code, &self.tmp_options)?,
            None => chdir(self.code.as_c_str())?,
        }
        if let Some(account) = self.account {
            account.become_it()?;
        }
        if !self.new_privileges {
            set_no_new_privs()?;
        }
        Ok(())
    }

    /// Runs in the child, last: from here on the file rules hold.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match self.ruleset.take() {
            Some(ruleset) => files::enforce(ruleset, &self.tmp),
            None => Ok(()),
        }
    }
}

impl Scratch {
    fn create(path: PathBuf, account: Option<Account>) -> io::Result<Self> {
        std::fs::create_dir(&path)?;
        let scratch = Self(path);
        if let Some(account) = account {
            account.give(&scratch.0)?;
        }
        Ok(scratch)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "could not remove a function's files");
        }
    }
}
