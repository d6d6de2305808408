//! An answer that was too old, made anew once it has been given. The caller waits for nothing any
//! more; the process takes its next call when this is done, and the record tells what it cost.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use super::{ask::Asker, entry::Entry, kept::Kept, plain};
use crate::{
    log::{Level, log},
    provider::Turn,
};

/// Asks the models and keeps their answer. Where they have none, the old one stays as long as it may.
pub(super) async fn run(mut asker: Asker<'_>, turns: &[Turn], entry: Entry<'_>) {
    let work = AssertUnwindSafe(plain::work(&mut asker, turns)).catch_unwind().await;
    let kept = match work {
        Ok(Ok((text, value))) => Some(Kept::new(asker.ledger.record(), text, value)),
        Ok(Err(problem)) => {
            let detail = &problem.detail;
            log(Level::Warn, &format!("an old answer could not be made anew: {detail}"));
            None
        }
        // The panic's own line says where.
        Err(_) => None,
    };
    entry.close(kept.as_ref()).await;
}
