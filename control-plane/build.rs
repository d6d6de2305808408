//! Rebuilds when what the binary carries changes (new files are not seen otherwise), and tells
//! tests which schema this is.

use std::{
    error::Error,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
};

fn main() -> Result<(), Box<dyn Error>> {
    for carried in
        ["migrations", "runtime/src", "spec/src", "dashboard/dist", "Cargo.lock", "Cargo.toml"]
    {
        println!("cargo::rerun-if-changed=../{carried}");
    }
    let mut files: Vec<_> = fs::read_dir("../migrations")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut hash = DefaultHasher::new();
    for file in files {
        fs::read(file)?.hash(&mut hash);
    }
    println!("cargo::rustc-env=PROMPTPILOT_SCHEMA={:016x}", hash.finish());
    Ok(())
}
