//! Build: sources become a bootstrap, by cargo, offline, bounded, in a lane of its own.
//!
//! ```text
//! <data>/build/promptpilot/             the runtime's sources, carried in this binary
//! <data>/build/lane-0-fast/             one workspace and target directory per lane and profile
//!     endpoints/endpoint-<hash>/        the crates of one cargo call, removed after it
//! ```
//!
//! Safe to run twice: the same sources, runtime and toolchain give the same bytes.

mod cargo;
pub(crate) mod carried;
mod error;
mod export;
pub(crate) mod glibc;
mod lane;
mod lock;
mod message;
mod sandbox;
pub(crate) mod stage;
mod toolchain;
mod warm;

use std::{path::PathBuf, sync::Arc, time::Duration};

use promptpilot_codegen::{Plan, Sources};
use promptpilot_spec::definition::{Architecture, Profile};
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

pub use error::{BuildError, Diagnostic};
pub use export::{Export, export};
pub use warm::Progress;

use self::{lane::Lane, toolchain::Toolchain};
use crate::settings::BuildSettings;

/// How a lane builds: its crates are compiled once for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) profile: Profile,
    pub(crate) architecture: Architecture,
}

impl Kind {
    /// How a plan is built. Where it does not say for which machines, it is the target's own.
    pub(crate) fn of(plan: &Plan, target_is_local: bool) -> Self {
        let own = match target_is_local {
            true => crate::endpoints::check::host_architecture(),
            false => Architecture::Arm64,
        };
        Self { profile: plan.profile, architecture: plan.architecture.unwrap_or(own) }
    }

    const fn profile_name(self) -> &'static str {
        match self.profile {
            Profile::Fast => "fast",
            Profile::Small => "small",
        }
    }

    /// The name of the instruction set at Lambda.
    pub(crate) const fn architecture_name(self) -> &'static str {
        match self.architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }
    }

    fn is_host(self) -> bool {
        self.architecture == crate::endpoints::check::host_architecture()
    }
}

/// A finished bootstrap.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) crate_name: String,
    pub(crate) bootstrap: Vec<u8>,
}

/// Something that a build tells while it runs.
pub(crate) type Told<'a> = &'a (dyn Fn(String) + Send + Sync);

/// Builds crates. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    settings: BuildSettings,
    toolchain: OnceCell<Toolchain>,
    lanes: Semaphore,
    sandbox: OnceCell<sandbox::Sandbox>,
}

impl Builder {
    pub(crate) fn new(root: PathBuf, settings: BuildSettings) -> Self {
        let lanes = Semaphore::new(settings.lanes.max(1));
        let shared =
            Shared { root, settings, toolchain: OnceCell::new(), lanes, sandbox: OnceCell::new() };
        Self { shared: Arc::new(shared) }
    }

    async fn toolchain(&self) -> Result<&Toolchain, BuildError> {
        let cargo = self.shared.settings.cargo.as_deref();
        self.shared.toolchain.get_or_try_init(|| toolchain::find(cargo)).await
    }

    async fn sandbox(&self) -> &sandbox::Sandbox {
        self.shared.sandbox.get_or_init(sandbox::find).await
    }

    /// The identity of what these sources are built into: a hash over all that goes into a build.
    pub(crate) async fn artifact_id(
        &self,
        sources: &Sources,
        kind: Kind,
    ) -> Result<String, BuildError> {
        let toolchain = self.toolchain().await?;
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        for (path, text) in &sources.files {
            part(path);
            part(text);
        }
        part(carried::runtime_sha256());
        part(carried::LOCK);
        part(&toolchain.version);
        part(kind.architecture_name());
        part(&lane::manifest(kind.profile));
        Ok(hex::encode(hash.finalize()))
    }

    /// Builds crates of one kind with one cargo call.
    pub(crate) async fn build(
        &self,
        kind: Kind,
        crates: &[Sources],
        told: Told<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Built>, BuildError> {
        let toolchain = self.toolchain().await?;
        if self.shared.lanes.available_permits() == 0 {
            told("waiting for the builder, which is busy".to_owned());
        }
        let permit = self.shared.lanes.acquire();
        let _permit = tokio::select! {
            permit = permit => permit.map_err(|_| BuildError::Cancelled)?,
            () = cancel.cancelled() => return Err(BuildError::Cancelled),
        };
        let lane = self.lane(kind, cancel).await?;
        if !lane.is_warm(toolchain) {
            told("the builder is not warm: the runtime is compiled first, once".to_owned());
            let progress = |progress: Progress| {
                if let Progress::Compiling { done, total, .. } = progress
                    && done % 20 == 0
                {
                    told(format!("compiled {done} of {total} crates of the runtime"));
                }
            };
            warm::lane(self, &lane, toolchain, &progress, cancel).await?;
        }
        if !kind.is_host() {
            told(format!("building for {} by cargo-lambda", kind.architecture_name()));
        } else if let Some(why) = self.sandbox().await.missing() {
            told(format!("{why}; the build runs without a sandbox, kept offline by cargo itself"));
        }
        lane.build(self, toolchain, crates, told, cancel).await
    }

    /// Makes the lane that most builds use ready.
    pub(crate) async fn warm(
        &self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), BuildError> {
        progress(Progress::Preparing);
        let toolchain = self.toolchain().await?;
        let kind = Kind {
            profile: Profile::Fast,
            architecture: crate::endpoints::check::host_architecture(),
        };
        let _permit = self.shared.lanes.acquire().await.map_err(|_| BuildError::Cancelled)?;
        let cancel = CancellationToken::new();
        let lane = self.lane(kind, &cancel).await?;
        if !lane.is_warm(toolchain) {
            warm::lane(self, &lane, toolchain, progress, &cancel).await?;
        }
        progress(Progress::Ready);
        Ok(())
    }

    /// Whether the lane that most builds use is ready, as far as is known without waiting.
    pub(crate) fn is_warm(&self) -> bool {
        let kind = Kind {
            profile: Profile::Fast,
            architecture: crate::endpoints::check::host_architecture(),
        };
        self.shared
            .toolchain
            .get()
            .is_some_and(|toolchain| Lane::looks_warm(&self.shared.root, kind, toolchain))
    }

    /// A lane that nobody else builds in, with the runtime's sources beside it. Other processes
    /// may share the lanes: where all are in use, this waits.
    async fn lane(&self, kind: Kind, cancel: &CancellationToken) -> Result<Lane, BuildError> {
        loop {
            let (root, lanes) = (self.shared.root.clone(), self.shared.settings.lanes.max(1));
            let acquiring = tokio::task::spawn_blocking(move || {
                carried::write(&root)?;
                Lane::acquire(&root, kind, lanes)
            });
            let acquired = acquiring
                .await
                .map_err(|error| BuildError::io("prepare a lane")(std::io::Error::other(error)))?;
            if let Some(lane) = acquired? {
                return Ok(lane);
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
                () = cancel.cancelled() => return Err(BuildError::Cancelled),
            }
        }
    }

    fn timeout(&self) -> Duration {
        self.shared.settings.timeout
    }

    fn memory(&self) -> u64 {
        self.shared.settings.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[ignore = "takes minutes, and needs cargo-lambda, zig and the other target"]
    async fn another_architecture_is_built_by_cargo_lambda()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let builder = Builder::new(folder.path().to_owned(), BuildSettings::default());
        let architecture = match crate::endpoints::check::host_architecture() {
            Architecture::Arm64 => Architecture::X86_64,
            Architecture::X86_64 => Architecture::Arm64,
        };
        let kind = Kind { profile: Profile::Fast, architecture };
        let crates = [warm::seed()?];
        let built = builder.build(kind, &crates, &|_| {}, &CancellationToken::new()).await?;
        // The machine's number in the head of an ELF file.
        let machine = if architecture == Architecture::Arm64 { 0xB7 } else { 0x3E };
        assert_eq!((&built[0].bootstrap[..4], built[0].bootstrap[18]), (&b"\x7fELF"[..], machine));
        assert!(glibc::needed(&built[0].bootstrap).is_some_and(|needed| needed <= glibc::LAMBDA));
        Ok(())
    }
}
