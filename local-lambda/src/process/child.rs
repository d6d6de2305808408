//! Starting an operating-system process that cannot outlive the host.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Open files a function may have, as on the service.
const DESCRIPTORS: u64 = 1024;

/// What to start.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) directory: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) output: File,
}

/// Starts processes from a thread of its own. The parent-death signal comes when the *thread* that
/// forked ends, and those of an async runtime come and go.
#[derive(Debug)]
pub(crate) struct Spawner {
    requests: mpsc::Sender<(Launch, oneshot::Sender<io::Result<Child>>)>,
}

impl Spawner {
    pub(crate) fn start() -> io::Result<Self> {
        let (requests, inbox) = mpsc::channel::<(Launch, oneshot::Sender<io::Result<Child>>)>();
        let runtime = Handle::current();
        thread::Builder::new().name("lambda-spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for (launch, reply) in inbox {
                // If nobody waits any more, the child is dropped and thereby killed.
                let _ = reply.send(spawn(launch));
            }
        })?;
        Ok(Self { requests })
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
        .current_dir(&launch.directory)
        .env_clear()
        .envs(launch.environment)
        .stdin(Stdio::null())
        .stdout(launch.output.try_clone()?)
        .stderr(launch.output)
        .process_group(0)
        .kill_on_drop(true);
    // SAFETY: between fork and exec only async-signal-safe calls are made and nothing is allocated.
    #[allow(unsafe_code, reason = "there is no other way to set these in the child")]
    unsafe {
        command.pre_exec(prepare);
    }
    command.spawn()
}

/// Runs in the child: it dies with its parent, dumps no core and inherits no descriptor.
fn prepare() -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)?;
    close_inherited();
    Ok(())
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
