//! A lane: one workspace and target directory in which one cargo call runs at a time.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use promptpilot_codegen::Sources;
use promptpilot_spec::definition::Profile;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    BuildError, Builder, Built, Kind, Told,
    cargo::{self, Call},
    carried,
    lock::Lock,
    message::Message,
    toolchain::Toolchain,
};

/// The workspace manifest of a lane.
pub(super) fn manifest(kind: Profile) -> String {
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"endpoints/*\"]\n\n{}", profile(kind))
}

/// How functions are compiled, for a manifest. Unwinding, since one call's panic must not end the
/// others of its process.
pub(super) fn profile(profile: Profile) -> String {
    let settings = match profile {
        Profile::Fast => "opt-level = 3\nlto = \"off\"\ncodegen-units = 16\n",
        Profile::Small => "opt-level = \"z\"\nlto = \"fat\"\ncodegen-units = 1\n",
    };
    format!(
        "[profile.release]\n{settings}panic = \"unwind\"\nstrip = \"symbols\"\ndebug = false\n\
         incremental = false\n"
    )
}

/// A lane that is ours as long as this value lives, among all processes.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) dir: PathBuf,
    pub(super) kind: Kind,
    _lock: File,
}

impl Lane {
    fn place(root: &Path, kind: Kind, index: usize) -> PathBuf {
        let architecture =
            if kind.is_host() { String::new() } else { format!("-{}", kind.architecture_name()) };
        root.join(format!("lane-{index}-{}{architecture}", kind.profile_name()))
    }

    /// The first of so many lanes of a kind that no process uses; `None` when all are in use.
    pub(super) fn acquire(
        root: &Path,
        kind: Kind,
        lanes: usize,
    ) -> Result<Option<Self>, BuildError> {
        for index in 0..lanes {
            let dir = Self::place(root, kind, index);
            let failed = || BuildError::io(format!("open the lane {}", dir.display()));
            fs::create_dir_all(dir.join("endpoints")).map_err(failed())?;
            let lock = File::create(dir.join("lock")).map_err(failed())?;
            match lock.try_lock() {
                Ok(()) => return Ok(Some(Self { dir, kind, _lock: lock })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed()(error)),
            }
        }
        Ok(None)
    }

    /// A warm lane of the same kind that this one can be copied from, if it is not warm itself.
    pub(super) fn model(&self, root: &Path, toolchain: &Toolchain) -> Option<PathBuf> {
        let first = Self::place(root, self.kind, 0);
        (first != self.dir && Self::looks_warm(root, self.kind, toolchain)).then_some(first)
    }

    /// Whether everything but the endpoint itself is compiled.
    pub(super) fn is_warm(&self, toolchain: &Toolchain) -> bool {
        fs::read_to_string(self.dir.join("warm")).is_ok_and(|stamp| stamp == self.stamp(toolchain))
    }

    /// The same of the first lane of a kind, without holding it.
    pub(super) fn looks_warm(root: &Path, kind: Kind, toolchain: &Toolchain) -> bool {
        fs::read_to_string(Self::place(root, kind, 0).join("warm"))
            .is_ok_and(|found| found == stamp(kind, toolchain))
    }

    /// What a warm lane is warm for.
    pub(super) fn stamp(&self, toolchain: &Toolchain) -> String {
        stamp(self.kind, toolchain)
    }

    pub(super) fn target(&self) -> PathBuf {
        self.dir.join("target")
    }

    /// Makes these crates the lane's only members.
    pub(super) fn set_members(&self, crates: &[Sources]) -> Result<(), BuildError> {
        let endpoints = self.dir.join("endpoints");
        let failed = || BuildError::io(format!("write sources to {}", endpoints.display()));
        fs::remove_dir_all(&endpoints).map_err(failed())?;
        fs::create_dir_all(&endpoints).map_err(failed())?;
        for sources in crates {
            for (path, text) in &sources.files {
                let file = endpoints.join(&sources.crate_name).join(path);
                carried::write_if_changed(&file, text.as_bytes()).map_err(failed())?;
            }
        }
        let manifest = manifest(self.kind.profile);
        carried::write_if_changed(&self.dir.join("Cargo.toml"), manifest.as_bytes())
            .map_err(failed())
    }

    /// Builds crates in a warm lane.
    pub(super) async fn build(
        &self,
        builder: &Builder,
        toolchain: &Toolchain,
        crates: &[Sources],
        told: Told<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Built>, BuildError> {
        let names: Vec<String> = crates.iter().map(|sources| sources.crate_name.clone()).collect();
        self.set_members(crates)?;
        let failed = || BuildError::io(format!("write the lock file of {}", self.dir.display()));
        let lock = fs::read_to_string(self.dir.join("base.lock")).map_err(failed())?;
        fs::write(self.dir.join("Cargo.lock"), Lock::parse(&lock).with_members(&names))
            .map_err(failed())?;
        let outcome = self.compile(builder, toolchain, told, cancel).await;
        let built = outcome.and_then(|executables| self.collect(&names, &executables));
        self.sweep(&names);
        built
    }

    async fn compile(
        &self,
        builder: &Builder,
        toolchain: &Toolchain,
        told: Told<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<(String, PathBuf)>, BuildError> {
        let mut executables = Vec::new();
        let mut refused = Vec::new();
        let call = Call::build(builder, toolchain, self).await;
        let outcome = cargo::run(call, cancel, |message| match message {
            Message::Compiled { name, executable: Some(executable) } => {
                executables.push((name, PathBuf::from(executable)));
            }
            Message::Compiled { .. } => {}
            Message::Error { diagnostic } => {
                for line in diagnostic.rendered.lines() {
                    told(line.to_owned());
                }
                refused.push(diagnostic);
            }
        });
        let outcome = outcome.await;
        // A linker that is missing or a full disk comes as a diagnostic, too.
        match outcome {
            Ok(()) => Ok(executables),
            Err(BuildError::Cargo(said)) if !refused.is_empty() => {
                let all = refused.iter().map(|found| &*found.rendered).collect::<String>() + &said;
                match BuildError::from_cargo(&all) {
                    BuildError::Cargo(_) => Err(BuildError::Refused(refused)),
                    other => Err(other),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The bytes of each crate's program.
    fn collect(
        &self,
        names: &[String],
        executables: &[(String, PathBuf)],
    ) -> Result<Vec<Built>, BuildError> {
        let program = |name: &String| {
            let (_, path) = executables
                .iter()
                .find(|(of, _)| of == name)
                .ok_or_else(|| BuildError::Cargo(format!("it built no program for `{name}`")))?;
            // cargo-lambda moves what cargo built.
            let moved = self.target().join("lambda").join(name).join("bootstrap");
            let path = if self.kind.is_host() { path.clone() } else { moved };
            let failed = BuildError::io(format!("read the program {}", path.display()));
            Ok(Built { crate_name: name.clone(), bootstrap: fs::read(path).map_err(failed)? })
        };
        names.iter().map(program).collect()
    }

    /// Removes what building these crates left behind: a lane does not grow.
    pub(super) fn sweep(&self, crates: &[String]) {
        let mut left = Vec::new();
        for out in self.outputs() {
            for folder in [out.clone(), out.join("deps"), out.join(".fingerprint")] {
                let Ok(entries) = fs::read_dir(&folder) else { continue };
                for entry in entries.flatten() {
                    let name = entry.file_name().to_string_lossy().replace('_', "-");
                    if crates.iter().any(|swept| name.starts_with(&**swept)) {
                        left.push(entry.path());
                    }
                }
            }
        }
        left.extend(crates.iter().map(|swept| self.dir.join("endpoints").join(swept)));
        for path in left {
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            if let Err(error) = removed
                && path.exists()
            {
                tracing::warn!(path = %path.display(), %error, "could not sweep a build's output");
            }
        }
    }

    fn outputs(&self) -> Vec<PathBuf> {
        let target = self.target();
        let mut outputs = vec![target.join("release"), target.join("lambda")];
        if !self.kind.is_host() {
            outputs.push(target.join(cargo::triple(self.kind)).join("release"));
        }
        outputs
    }
}

fn stamp(kind: Kind, toolchain: &Toolchain) -> String {
    let mut hash = Sha256::new();
    let root = toolchain.sysroot.display().to_string();
    for part in [
        carried::runtime_sha256(),
        carried::LOCK,
        &manifest(kind.profile),
        &toolchain.version,
        &root,
    ] {
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}
