//! Warm-up: the runtime and all it needs is fetched and compiled once per lane, so that an
//! endpoint's own build is one small crate and a link.

use std::{collections::BTreeSet, fs, path::Path, process::Stdio};

use promptpilot_codegen::{Facts, Sources};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::{
    BuildError, Builder,
    cargo::{self, Call},
    carried,
    lane::Lane,
    lock::Lock,
    message::Message,
    toolchain::Toolchain,
};

/// How far the builder's warm-up is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Looks for what is there.
    Preparing,
    /// Downloads crates.
    Fetching,
    /// Compiles crates, so many of so many.
    Compiling {
        /// Compiled so far.
        done: usize,
        /// To compile in all.
        total: usize,
        /// The crate that was just compiled.
        current: String,
    },
    /// Ready.
    Ready,
}

/// An endpoint that is built to have everything else built, and thrown away.
const SEED: &str = r#"
name = "seed"
[prompt]
template = "Hello {{ name }}"
[model]
provider = "sandbox"
name = "echo"
[request.name]
type = "string"
[auth]
mode = "public"
"#;

pub(super) fn seed() -> Result<Sources, BuildError> {
    let unsound = |what: String| BuildError::Cargo(format!("the seed is unsound: {what}"));
    let parsed = promptpilot_codegen::parse(SEED, "seed.toml");
    let definition = parsed.definition.ok_or_else(|| unsound(format!("{:?}", parsed.findings)))?;
    let (plan, findings) = promptpilot_codegen::check(&definition, &Facts::default());
    let plan = plan.ok_or_else(|| unsound(format!("{findings:?}")))?;
    Ok(promptpilot_codegen::sources(&plan))
}

/// Makes a lane warm.
pub(super) async fn lane(
    builder: &Builder,
    lane: &Lane,
    toolchain: &Toolchain,
    progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<(), BuildError> {
    if let Some(model) = lane.model(&builder.shared.root, toolchain)
        && copy(&model, lane).await?
    {
        return Ok(());
    }
    let seed = seed()?;
    let name = seed.crate_name.clone();
    lane.set_members(std::slice::from_ref(&seed))?;
    forget_other_toolchain(lane, toolchain)?;
    fetch(builder, lane, toolchain, progress, cancel).await?;
    let total = count(builder, lane, toolchain).await;
    let mut done = 0;
    let call = Call::build(builder, toolchain, lane).await;
    cargo::run(call, cancel, |message| {
        if let Message::Compiled { name: current, .. } = message {
            done += 1;
            progress(Progress::Compiling { done, total: total.max(done), current });
        }
    })
    .await?;
    lane.sweep(&[name]);
    fs::write(lane.dir.join("warm"), lane.stamp(toolchain))
        .map_err(BuildError::io("mark the lane as warm"))
}

/// Copies what a warm lane has compiled, times included, since cargo goes by them. Whether it
/// worked: otherwise the lane is made warm as the first one was.
async fn copy(model: &Path, lane: &Lane) -> Result<bool, BuildError> {
    if lane.target().exists() {
        fs::remove_dir_all(lane.target()).map_err(BuildError::io("clear a lane"))?;
    }
    let parts = ["target", "base.lock", "toolchain", "warm"].map(|part| model.join(part));
    let mut copying = Command::new("cp");
    copying.args(["-a", "--reflink=auto"]).args(parts).arg(&lane.dir).stdin(Stdio::null());
    let copied = copying.output().await.map_err(BuildError::io("copy a warm lane"))?;
    Ok(copied.status.success())
}

/// What another compiler made is of no use to this one.
fn forget_other_toolchain(lane: &Lane, toolchain: &Toolchain) -> Result<(), BuildError> {
    let file = lane.dir.join("toolchain");
    if fs::read_to_string(&file).is_ok_and(|known| known == toolchain.version) {
        return Ok(());
    }
    let failed = || BuildError::io(format!("clear the lane {}", lane.dir.display()));
    if lane.target().exists() {
        fs::remove_dir_all(lane.target()).map_err(failed())?;
    }
    fs::write(file, &toolchain.version).map_err(failed())
}

/// Prunes the carried lock file to what the lane needs, and fetches what is not there. Only this
/// may use the network, and only when something is missing.
async fn fetch(
    builder: &Builder,
    lane: &Lane,
    toolchain: &Toolchain,
    progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<(), BuildError> {
    let file = lane.dir.join("Cargo.lock");
    let write =
        || fs::write(&file, carried::LOCK).map_err(BuildError::io("write a lane's lock file"));
    let target = if lane.kind.is_host() { &toolchain.host } else { cargo::triple(lane.kind) };
    write()?;
    let offline = Call::open(builder, toolchain, lane, &["fetch", "--offline", "--target", target]);
    match cargo::run(offline, cancel, |_| {}).await {
        Ok(()) => {}
        Err(BuildError::Cargo(_)) => {
            progress(Progress::Fetching);
            write()?;
            let online = Call::open(builder, toolchain, lane, &["fetch", "--target", target]);
            cargo::run(online, cancel, |_| {}).await.map_err(|error| match error {
                BuildError::Cargo(said) => BuildError::Fetch(said),
                other => other,
            })?;
        }
        Err(error) => return Err(error),
    }
    let failed = || BuildError::io("keep a lane's lock file");
    let pruned = Lock::parse(&fs::read_to_string(&file).map_err(failed())?);
    tracing::debug!(packages = pruned.len(), "pruned the lock file");
    fs::write(lane.dir.join("base.lock"), pruned.with_members(&[])).map_err(failed())
}

/// How many crates there are to compile, as far as can be known.
async fn count(builder: &Builder, lane: &Lane, toolchain: &Toolchain) -> usize {
    let target = if lane.kind.is_host() { &toolchain.host } else { cargo::triple(lane.kind) };
    let arguments = ["tree", "--offline", "--prefix", "none", "-e", "normal,build", "--target"];
    let arguments: Vec<&str> = arguments.into_iter().chain([target]).collect();
    let Ok(answer) = Call::open(builder, toolchain, lane, &arguments).output().await else {
        return 0;
    };
    let lines = String::from_utf8_lossy(&answer);
    let packages: BTreeSet<&str> =
        lines.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    packages.len()
}
