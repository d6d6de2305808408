//! What a build may see and reach: with bubblewrap no network and no files but its own.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::toolchain::Toolchain;

/// What keeps a build apart on this machine.
#[derive(Debug)]
pub(crate) enum Sandbox {
    /// bubblewrap, by its path.
    Bubblewrap(PathBuf),
    /// Nothing, and why.
    Missing(String),
}

/// Finds bubblewrap and tries whether it works here: some machines forbid user namespaces.
pub(super) async fn find() -> Sandbox {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|dir| dir.join("bwrap")).find(|path| path.is_file());
    let Some(program) = found else {
        return Sandbox::Missing("bubblewrap is not installed".to_owned());
    };
    let tried = Command::new(&program)
        .args(["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc"])
        .args(["--dev", "/dev", "true"])
        .stdin(Stdio::null())
        .output()
        .await;
    match tried {
        Ok(output) if output.status.success() => Sandbox::Bubblewrap(program),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            let why = why.lines().next().unwrap_or("it gave no reason").trim();
            Sandbox::Missing(format!("bubblewrap does not work here ({why})"))
        }
        Err(error) => Sandbox::Missing(format!("bubblewrap does not start ({error})")),
    }
}

impl Sandbox {
    /// Why there is none.
    pub(super) fn missing(&self) -> Option<&str> {
        match self {
            Self::Bubblewrap(_) => None,
            Self::Missing(why) => Some(why),
        }
    }

    /// The words in front of a command that keep it apart; none where there is no sandbox.
    /// `writable` is all that the command may change.
    pub(super) fn words(
        &self,
        toolchain: &Toolchain,
        sources: &Path,
        writable: &Path,
    ) -> Vec<OsString> {
        let Self::Bubblewrap(program) = self else { return Vec::new() };
        let mut words: Vec<OsString> = vec![program.into()];
        let mut add = |given: &[&str]| words.extend(given.iter().map(OsString::from));
        add(&["--unshare-all", "--die-with-parent", "--new-session"]);
        add(&["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]);
        for place in ["/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"] {
            add(&["--ro-bind-try", place, place]);
        }
        // Binds come after /tmp, since a data directory may lie in it.
        for place in [&toolchain.sysroot, &toolchain.cargo_home.join("registry")] {
            bind(&mut words, "--ro-bind-try", place);
        }
        for file in ["config.toml", "config", "git"] {
            bind(&mut words, "--ro-bind-try", &toolchain.cargo_home.join(file));
        }
        bind(&mut words, "--ro-bind", sources);
        bind(&mut words, "--bind", writable);
        words.extend(["--chdir".into(), writable.into()]);
        words
    }
}

fn bind(words: &mut Vec<OsString>, how: &str, place: &Path) {
    words.extend([how.into(), place.into(), place.into()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell in the sandbox says about `script`; `None` where there is no sandbox here.
    async fn inside(script: &str, writable: &Path, sources: &Path) -> Option<String> {
        let sandbox = find().await;
        let toolchain = super::super::toolchain::find(None).await.ok()?;
        let words = sandbox.words(&toolchain, sources, writable);
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).args(["sh", "-c", script]).stdin(Stdio::null());
        let output = command.output().await.ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    #[tokio::test]
    async fn a_build_sees_its_own_files_and_no_network() -> Result<(), Box<dyn std::error::Error>> {
        let (own, sources, other) =
            (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
        let other = other.path().display();
        let script = format!(
            "touch mine && echo writes; touch {}/x 2>/dev/null || echo reads-only; \
             test -e {other} || echo alone; \
             test \"$(ls /sys/class/net 2>/dev/null | grep -v lo)\" || echo offline; \
             test -e /root/.ssh || test -e /home || echo homeless",
            sources.path().display()
        );
        if let Some(said) = inside(&script, own.path(), sources.path()).await {
            assert_eq!(said, "writes\nreads-only\nalone\noffline\nhomeless");
            assert!(own.path().join("mine").exists());
        }
        Ok(())
    }
}
