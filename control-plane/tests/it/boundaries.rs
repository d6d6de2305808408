//! Boundaries inside the crate that the compiler does not draw.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Sources that use the pool which passes row-level security: worker, ingest and start-up.
const SYSTEM: [&str; 18] = [
    // Ids of calls with certain words: see `calls/search/store.rs`.
    "calls/search/mod.rs",
    "database/mod.rs",
    "deploy/batch.rs",
    "deploy/build/stage.rs",
    "deploy/check.rs",
    "deploy/job.rs",
    "deploy/live.rs",
    "deploy/publish.rs",
    "deploy/queue/mod.rs",
    "deploy/release/renew.rs",
    "deploy/release/sweep.rs",
    "deploy/variables.rs",
    "events/tail.rs",
    // How often a key asks: see `state/store.rs`.
    "execution/rate.rs",
    "plane/chores.rs",
    "plane/ingest.rs",
    "plane/mod.rs",
    "status/routes.rs",
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            sources.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    sources
}

fn containing(texts: &[&str]) -> BTreeSet<String> {
    let has = |source: &str| texts.iter().any(|text| source.contains(text));
    sources().into_iter().filter(|(_, text)| has(text)).map(|(name, _)| name).collect()
}

#[test]
fn only_worker_ingest_and_start_pass_row_level_security() {
    let known = SYSTEM.into_iter().map(ToOwned::to_owned);
    let pools = [".system()", "fn system(", ".system_async_commit()"];
    assert_eq!(containing(&pools), known.collect());
}

#[test]
fn every_route_is_in_the_document() {
    let undocumented: Vec<String> = containing(&[".route("]).into_iter().collect();
    // The document itself and the page that shows it; what Prometheus reads; what functions ask, at an
    // address of their own.
    assert_eq!(undocumented, ["http/documents.rs", "plane/router.rs", "state/routes.rs"]);
}

#[test]
fn only_stores_have_sql() {
    let elsewhere: Vec<String> = containing(&["sqlx::query"])
        .into_iter()
        .filter(|name| !name.ends_with("store.rs") && name != "database/mod.rs")
        .collect();
    assert_eq!(elsewhere, Vec::<String>::new());
}
