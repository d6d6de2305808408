//! Starting an operating-system process that cannot outlive the host.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpid, getppid};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::sandbox::{Cell, Enforcer, Sandbox};

/// Open files a function may have, as on the service.
const DESCRIPTORS: u64 = 1024;
/// Processes and threads it may have, likewise.
const THREADS: u64 = 1024;

/// What to start.
#[derive(Debug)]
pub(crate) struct Launch {
    /// As the process sees it.
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) output: File,
    /// Bytes of memory that it may ask for.
    pub(super) memory: u64,
    pub(super) cell: Cell,
}

/// Starts processes from a thread of its own. The parent-death signal comes when the *thread* that
/// forked ends, and those of an async runtime come and go.
#[derive(Debug)]
pub(crate) struct Spawner {
    requests: mpsc::Sender<(Launch, oneshot::Sender<io::Result<Child>>)>,
    pub(super) enforcer: Enforcer,
}

impl Spawner {
    /// `data` is the directory that functions run from.
    pub(crate) fn start(sandbox: Sandbox, data: &Path) -> io::Result<Self> {
        let enforcer = Enforcer::probe(sandbox, data)?;
        let (requests, inbox) = mpsc::channel::<(Launch, oneshot::Sender<io::Result<Child>>)>();
        let runtime = Handle::current();
        thread::Builder::new().name("lambda-spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for (launch, reply) in inbox {
                // If nobody waits any more, the child is dropped and thereby killed.
                let _ = reply.send(spawn(launch));
            }
        })?;
        Ok(Self { requests, enforcer })
    }

    pub(crate) async fn spawn(&self, launch: Launch) -> io::Result<Child> {
        let gone = || io::Error::other("the spawning thread is gone");
        let (reply, spawned) = oneshot::channel();
        self.requests.send((launch, reply)).map_err(|_| gone())?;
        spawned.await.map_err(|_| gone())?
    }
}

fn spawn(launch: Launch) -> io::Result<Child> {
    let mut command = Command::new(&launch.program);
    command
        .args(launch.arguments)
        .env_clear()
        .envs(launch.environment)
        .stdin(Stdio::null())
        .stdout(launch.output.try_clone()?)
        .stderr(launch.output)
        .process_group(0)
        .kill_on_drop(true);
    let (mut cell, memory, host) = (launch.cell, launch.memory, getpid());
    // SAFETY: between fork and exec only async-signal-safe calls are made and nothing is allocated.
    #[allow(unsafe_code, reason = "there is no other way to set these in the child")]
    unsafe {
        command.as_std_mut().pre_exec(move || prepare(&mut cell, memory, host));
    }
    command.spawn()
}

/// Runs in the child: it is confined, dies with its parent, dumps no core and inherits no
/// descriptor.
fn prepare(cell: &mut Cell, memory: u64, host: Pid) -> io::Result<()> {
    let threads = cell.has_own_account();
    cell.enter()?;
    // A change of account undoes it, so it comes after that.
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != host {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)?;
    setrlimit(Resource::RLIMIT_DATA, memory, memory)?;
    if threads {
        // Counted by account, so it is for those who share theirs with nobody.
        setrlimit(Resource::RLIMIT_NPROC, THREADS, THREADS)?;
    }
    close_inherited();
    cell.close()
}

/// Marks everything but the standard streams to be closed at exec. Marked and not closed at once:
/// the pipe that reports a failing exec must live until then.
fn close_inherited() {
    // SAFETY: the call takes plain numbers and touches no memory. Kernels before 5.11 refuse the
    // flag; what this host opened itself is marked already.
    #[allow(unsafe_code, reason = "no crate wraps close_range with this flag")]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}
