//! `cargo lambda watch` as it serves the same program.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::common::Result;

/// The emulator and the function, ended when this is dropped.
pub(crate) struct Rival {
    pub(crate) address: String,
    watch: Child,
    function: Child,
    _package: TempDir,
}

impl Rival {
    /// `None` where it is not installed.
    pub(crate) fn start(function: &Path) -> Result<Option<Self>> {
        let there = Command::new("cargo-lambda").args(["lambda", "--version"]).output();
        if !there.is_ok_and(|output| output.status.success()) {
            return Ok(None);
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let package = package()?;
        let watch = Command::new("cargo-lambda")
            .args(["lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1"])
            .args(["--invoke-port", &port.to_string()])
            .current_dir(&package)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        wait_for(port)?;
        let function = Command::new(function)
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{port}/.rt"))
            .env("AWS_LAMBDA_FUNCTION_NAME", "_")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let address = format!("http://127.0.0.1:{port}/2015-03-31/functions/_/invocations");
        Ok(Some(Self { address, watch, function, _package: package }))
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        for child in [&mut self.function, &mut self.watch] {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// It wants to stand in a package, though it compiles none here.
fn package() -> Result<TempDir> {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir(dir.path().join("src"))?;
    std::fs::write(dir.path().join("src/main.rs"), "fn main() {}\n")?;
    let manifest = "[package]\nname = \"rival\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::write(dir.path().join("Cargo.toml"), manifest)?;
    Ok(dir)
}

fn wait_for(port: u16) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > deadline {
            return Err("cargo lambda watch does not listen".into());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
