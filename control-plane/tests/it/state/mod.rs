//! What guards calls: one suite for all state stores, and through a function's own door. The state
//! service is the real one on a real database; two imitations stand in for DynamoDB.

mod door;
#[path = "../../../../runtime/tests/it/support/mod.rs"]
mod function;
pub(crate) mod judge;
mod limits;
mod mirror;
mod organization;
mod reconcile;
mod spending;
mod subject;
mod suite;

use subject::{Load, Subject};

use crate::support::Outcome;

async fn holds(subject: Subject) -> Outcome {
    suite::run(&subject).await?;
    door::run(&subject).await?;
    spending::run(&subject).await?;
    subject.keeps_to_its_organization().await?;
    subject.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_service_keeps_what_it_promises() -> Outcome {
    holds(Subject::service().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_keeps_the_same_promises_by_dynalite() -> Outcome {
    holds(Subject::table(judge::Judge::dynalite().await?, Load::FULL)?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_keeps_the_same_promises_by_moto() -> Outcome {
    holds(Subject::table(judge::Judge::moto().await?, Load::LIGHT)?).await
}
