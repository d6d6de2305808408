//! What every state store holds to of what an organization may spend in all: it alone knows the limit.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, TryStreamExt, stream};
use promptpilot_runtime::state::StateStore;
use promptpilot_spec::{
    state::{BLOCK_LIFE, Block, BudgetAsk, ORGANIZATION, Reserve, Reserved, Returned, Terms},
    units::{Money, Period},
};
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    state::{door, subject::Subject},
    support::{Failure, Outcome},
};

pub(crate) async fn run(subject: &Subject) -> Outcome {
    nobody_is_held_where_no_budget_is_set(subject).await?;
    functions_are_held_to_it(subject).await?;
    no_more_is_given_than_there_is(subject).await?;
    another_budget_is_seen_at_once(subject).await?;
    of_it_and_of_an_endpoints_budget_both_give_or_neither(subject).await?;
    one_that_only_tells_does_it_once_and_refuses_nobody(subject).await
}

/// Asks for so much of what the organization may spend.
pub(super) async fn take(
    store: &Arc<dyn StateStore>,
    amount: u64,
) -> Result<Option<Block>, Failure> {
    match store.reserve(&Reserve { budgets: vec![ask(amount)], returned: Vec::new() }).await? {
        Reserved::Blocks(blocks) => Ok(Some(blocks[0])),
        Reserved::Spent { place, retry_after_ms } => {
            assert!(place == 0 && retry_after_ms <= 31 * 86_400_000, "{place} {retry_after_ms}");
            Ok(None)
        }
    }
}

fn ask(amount: u64) -> BudgetAsk {
    BudgetAsk { bucket: ORGANIZATION.to_owned(), limit: None, amount, soft: None }
}

/// Leaves so much, in micro-USD, beyond what was taken in this month; what the limit is then.
async fn leave(subject: &Subject, left: u64) -> Result<u64, Failure> {
    let limit = subject.taken().await? + left;
    subject.set_budget(Some(hard(limit))).await?;
    Ok(limit)
}

const fn hard(micro_usd: u64) -> Terms {
    Terms { limit: Money { micro_usd, per: Period::Month }, soft: None, hard: true }
}

async fn nobody_is_held_where_no_budget_is_set(subject: &Subject) -> Outcome {
    let block = take(&subject.store, u64::MAX / 2).await?.ok_or("refused")?;
    assert!(block.unlimited, "{block:?}");
    assert_eq!(subject.taken().await?, 0);
    Ok(())
}

/// Two processes of an endpoint that has no budget. Each call sets aside some 0.002 USD.
async fn functions_are_held_to_it(subject: &Subject) -> Outcome {
    leave(subject, 6_000).await?;
    let (address, made) = door::provider().await?;
    let functions = door::processes(subject, 2, &json!({}), &address).await?;
    let answers = stream::iter(0..30).map(|number| door::call(&functions[number % 2], "Hi", &[]));
    let answers: Vec<_> = answers.buffer_unordered(2 * subject.load.held).try_collect().await?;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    let spent = made.load(Ordering::Relaxed) * door::COST;
    assert!((door::COST..=6_000).contains(&spent), "{spent}");
    assert_eq!(refused.len() as u64, 30 - made.load(Ordering::Relaxed));
    for answer in refused {
        assert_eq!(door::kind(answer), (429, "budget-spent".to_owned()));
        assert!(answer.body.contains("left of the organization's budget"), "{}", answer.body);
    }
    leave(subject, 2_000_000).await?;
    assert_eq!(door::call(&functions[0], "Hi", &[]).await?.status, 200);
    Ok(())
}

/// 5,000 micro-USD in pieces of 170 at least, for many at once, of whom some give back a part.
async fn no_more_is_given_than_there_is(subject: &Subject) -> Outcome {
    let limit = leave(subject, 5_000).await?;
    let held = AtomicU64::new(0);
    let round = async |number: u64| {
        let Some(block) = take(&subject.store, 170).await? else { return Ok(()) };
        let now = held.fetch_add(block.amount, Ordering::SeqCst) + block.amount;
        assert!(now <= 5_000 && block.amount >= 170 && !block.unlimited, "{now} {block:?}");
        let ends = OffsetDateTime::now_utc().unix_timestamp() + BLOCK_LIFE;
        assert!(block.ends <= ends, "{block:?}");
        if number.is_multiple_of(3) {
            held.fetch_sub(30, Ordering::SeqCst);
            let (bucket, window) = (ORGANIZATION.to_owned(), block.window);
            let returned = vec![Returned { bucket, window, amount: 30 }];
            subject.store.reserve(&Reserve { budgets: Vec::new(), returned }).await?;
        }
        Ok::<_, Failure>(())
    };
    let rounds = stream::iter(0..80).map(round);
    rounds.buffer_unordered(40).try_collect::<()>().await?;
    let held = held.load(Ordering::SeqCst);
    // What comes back after the last of them has asked stays there: 30 from each third of some 30.
    assert!((4_300..=5_000).contains(&held), "{held}");
    assert_eq!(subject.taken().await?, limit - 5_000 + held);
    Ok(())
}

async fn another_budget_is_seen_at_once(subject: &Subject) -> Outcome {
    let limit = leave(subject, 0).await?;
    assert!(take(&subject.store, 1).await?.is_none());
    subject.set_budget(Some(hard(limit + 5_000))).await?;
    assert!(take(&subject.store, 4_000).await?.is_some());
    subject.set_budget(Some(hard(limit))).await?;
    assert!(take(&subject.store, 1).await?.is_none());
    // None for a while leaves what was taken.
    subject.set_budget(None).await?;
    assert!(take(&subject.store, 1).await?.is_some_and(|block| block.unlimited));
    subject.set_budget(Some(hard(limit + 4_000))).await?;
    assert!(take(&subject.store, 1).await?.is_none());
    Ok(())
}

async fn of_it_and_of_an_endpoints_budget_both_give_or_neither(subject: &Subject) -> Outcome {
    let limit = Some("0.01 USD/month".parse()?);
    let bucket = "beside".to_owned();
    let endpoints = |amount| BudgetAsk { bucket: bucket.clone(), limit, amount, soft: None };
    let reserve =
        async |budgets| subject.store.reserve(&Reserve { budgets, returned: Vec::new() }).await;
    leave(subject, 500).await?;
    let spent = reserve(vec![endpoints(600), ask(600)]).await?;
    assert!(matches!(spent, Reserved::Spent { place: 1, .. }), "{spent:?}");
    let all = reserve(vec![ask(500), endpoints(9_900)]).await?;
    let Reserved::Blocks(blocks) = &all else { panic!("{all:?}") };
    assert_eq!([blocks[0].amount, blocks[1].amount], [500, 9_900]);
    leave(subject, 600).await?;
    let spent = reserve(vec![ask(600), endpoints(600)]).await?;
    assert!(matches!(spent, Reserved::Spent { place: 1, .. }), "{spent:?}");
    assert!(take(&subject.store, 600).await?.is_some());
    Ok(())
}

async fn one_that_only_tells_does_it_once_and_refuses_nobody(subject: &Subject) -> Outcome {
    let taken = subject.taken().await?;
    let soft = Some(taken + 5_000);
    subject.set_budget(Some(Terms { soft, hard: false, ..hard(taken + 10_000) })).await?;
    let blocks = (0..40).map(|_| take(&subject.store, 400));
    let blocks: Vec<_> = stream::iter(blocks).buffer_unordered(40).try_collect().await?;
    let blocks = blocks.into_iter().collect::<Option<Vec<_>>>().ok_or("somebody was refused")?;
    assert!(blocks.iter().all(|block| block.amount == 400), "{blocks:?}");
    assert_eq!(blocks.iter().filter(|block| block.reaches_soft).count(), 1);
    assert_eq!(subject.taken().await?, taken + 16_000);
    Ok(())
}
