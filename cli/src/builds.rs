//! How deployments are built on this machine: options of `up` and `worker`.

use std::path::{self, Path, PathBuf};

use clap::Args;
use promptpilot_control_plane::BuildSettings;
use promptpilot_spec::units;

/// How deployments are built.
#[derive(Debug, Args)]
#[command(next_help_heading = "Builds")]
pub(crate) struct Builds {
    /// Where to build [default: in the data directory]. Several processes may share it
    #[arg(long, value_name = "DIR", env = "PROMPTPILOT_BUILD_DIR")]
    build_dir: Option<PathBuf>,
    /// The longest that a build may take
    #[arg(long, value_name = "TIME", env = "PROMPTPILOT_BUILD_TIMEOUT", default_value = "10m")]
    build_timeout: units::Duration,
    /// Builds at once, each with a target directory of its own
    #[arg(long, value_name = "COUNT", env = "PROMPTPILOT_BUILD_LANES", default_value_t = 1)]
    build_lanes: usize,
    /// The `cargo` to build with [default: the one on PATH]
    #[arg(long, value_name = "PROGRAM", env = "PROMPTPILOT_CARGO")]
    cargo: Option<PathBuf>,
}

impl Builds {
    /// The compiler that was named.
    pub(crate) fn cargo(&self) -> Option<&Path> {
        self.cargo.as_deref()
    }
}

impl From<Builds> for BuildSettings {
    fn from(builds: Builds) -> Self {
        Self {
            root: builds.build_dir.map(|dir| path::absolute(&dir).unwrap_or(dir)),
            timeout: std::time::Duration::from_millis(builds.build_timeout.as_millis()),
            lanes: builds.build_lanes,
            cargo: builds.cargo,
            ..Self::default()
        }
    }
}
