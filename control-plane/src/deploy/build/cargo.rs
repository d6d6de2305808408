//! One call of cargo: a child in a process group of its own, bounded in time and memory, killed
//! whole when it takes too long or nobody wants it any more.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use promptpilot_spec::definition::Architecture;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use super::{
    BuildError, Builder, Kind, carried,
    lane::Lane,
    message::{self, Message},
    toolchain::Toolchain,
};

/// What of cargo's own output is kept.
const KEPT: usize = 64 * 1024;

/// The name of a target in the compiler's words.
pub(super) const fn triple(kind: Kind) -> &'static str {
    match kind.architecture {
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
    }
}

/// A call to make.
#[derive(Debug)]
pub(super) struct Call {
    command: Command,
    timeout: Duration,
}

impl Call {
    /// `cargo build` of a lane's members: offline, locked, apart.
    pub(super) async fn build(builder: &Builder, toolchain: &Toolchain, lane: &Lane) -> Self {
        let sources = carried::dir(&builder.shared.root);
        // cargo-lambda and zig may be anywhere; what they build is kept offline by cargo alone.
        let mut words = if lane.kind.is_host() {
            builder.sandbox().await.words(toolchain, &sources, &lane.dir)
        } else {
            Vec::new()
        };
        // The limit is set by the shell that becomes cargo, so all of its children have it.
        let limit = (builder.memory() / 1024).to_string();
        let bound = ["sh", "-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh", &limit];
        words.extend(bound.map(OsString::from));
        words.push(toolchain.cargo.clone().into());
        if lane.kind.is_host() {
            words.push("build".into());
        } else {
            // Another architecture needs another linker: cargo-lambda brings zig.
            let target = format!("{}.2.34", triple(lane.kind));
            words.extend(["lambda", "build", "--target", &target].map(OsString::from));
        }
        words.extend(
            ["--release", "--offline", "--locked", "--quiet", "--message-format", "json"]
                .map(OsString::from),
        );
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().envs(environment(builder, toolchain, lane));
        command.env("CARGO_NET_OFFLINE", "true");
        Self { command: prepared(command, &lane.dir), timeout: builder.timeout() }
    }

    /// A call of cargo's own, with the network, as the user would make it.
    pub(super) fn open<S: AsRef<OsStr>>(
        builder: &Builder,
        toolchain: &Toolchain,
        lane: &Lane,
        arguments: &[S],
    ) -> Self {
        let mut command = Command::new(&toolchain.cargo);
        command.args(arguments).envs(environment(builder, toolchain, lane));
        Self { command: prepared(command, &lane.dir), timeout: builder.timeout() }
    }
}

fn prepared(mut command: Command, dir: &Path) -> Command {
    command
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// All that cargo and rustc are told by variables. Paths of this machine do not get into programs.
fn environment(
    builder: &Builder,
    toolchain: &Toolchain,
    lane: &Lane,
) -> Vec<(&'static str, OsString)> {
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [
        remap(&builder.shared.root, "promptpilot"),
        remap(&toolchain.cargo_home.join("registry"), "registry"),
    ];
    let mut path = vec![toolchain.sysroot.join("bin"), toolchain.cargo_home.join("bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from));
    vec![
        ("PATH", std::env::join_paths(path).unwrap_or_else(|_| "/usr/bin:/bin".into())),
        ("HOME", std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into())),
        ("CARGO_HOME", toolchain.cargo_home.clone().into()),
        ("CARGO_TARGET_DIR", lane.target().into()),
        ("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}").into()),
        ("CARGO_INCREMENTAL", "0".into()),
        ("CARGO_TERM_COLOR", "never".into()),
        ("RUSTC", toolchain.rustc.clone().into()),
        ("RUSTC_WRAPPER", OsString::new()),
        ("LC_ALL", "C".into()),
    ]
}

/// A child's whole process group, killed unless the child has ended.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.map(Pid::from_raw))
    }

    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended by itself in this moment.
            killpg(group, Signal::SIGKILL).ok();
        }
    }
}

/// Makes a call and reads what it says.
pub(super) async fn run(
    mut call: Call,
    cancel: &CancellationToken,
    mut heard: impl FnMut(Message),
) -> Result<(), BuildError> {
    let mut child = call.command.spawn().map_err(BuildError::io("start cargo"))?;
    let mut group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let listen = async {
        let Some(stdout) = stdout else { return };
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(message) = message::read(&line) {
                heard(message);
            }
        }
    };
    let keep = async {
        let mut kept = Vec::new();
        let Some(mut stderr) = stderr else { return kept };
        let mut buffer = vec![0; 8192];
        while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
            kept.extend_from_slice(&buffer[..read]);
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        }
        kept
    };
    let whole = async { tokio::join!(listen, keep, child.wait()) };
    let ((), stderr, status) = tokio::select! {
        done = tokio::time::timeout(call.timeout, whole) => {
            done.map_err(|_| BuildError::Timeout(call.timeout))?
        }
        () = cancel.cancelled() => return Err(BuildError::Cancelled),
    };
    group.ended();
    let status = status.map_err(BuildError::io("wait for cargo"))?;
    if status.success() {
        return Ok(());
    }
    Err(BuildError::from_cargo(&String::from_utf8_lossy(&stderr)))
}

impl Call {
    /// What a call prints; for those that end soon.
    pub(super) async fn output(mut self) -> std::io::Result<Vec<u8>> {
        let output = tokio::time::timeout(self.timeout, self.command.output()).await??;
        Ok(output.stdout)
    }
}
