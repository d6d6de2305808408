//! Rebuilds when what the binary carries changes: new files are not seen otherwise.

fn main() {
    for carried in ["migrations", "runtime/src", "spec/src", "Cargo.lock", "Cargo.toml"] {
        println!("cargo::rerun-if-changed=../{carried}");
    }
}
