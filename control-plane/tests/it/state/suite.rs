//! What every state store holds to, asked as a function asks it.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, stream};
use promptpilot_spec::state::{
    Admit, BudgetAsk, Finish, KeyRecord, RateAsk, RepeatAsk, Reserve, Reserved, Returned, Verdict,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    state::subject::Subject,
    support::{Failure, Outcome},
};

pub(crate) async fn run(subject: &Subject) -> Outcome {
    keys_are_found_by_their_hash(subject).await?;
    many_callers_at_once_get_no_call_more_than_their_rate(subject).await?;
    a_bucket_fills_up_again(subject).await?;
    of_a_budget_no_more_is_given_than_there_is(subject).await?;
    a_budget_tells_once_that_it_has_come_to_its_share(subject).await?;
    where_one_of_two_budgets_is_spent_the_other_keeps_what_it_has(subject).await?;
    a_repeats_key_is_one_calls_until_it_has_an_answer_or_has_died(subject).await?;
    an_answer_is_remembered_for_its_time(subject).await
}

async fn keys_are_found_by_their_hash(subject: &Subject) -> Outcome {
    let hash = |digit: &str| digit.repeat(64);
    let id = Uuid::now_v7();
    let plain =
        KeyRecord { id, endpoints: None, environments: None, expires: None, revoked: false };
    let soon = (OffsetDateTime::now_utc() + Duration::days(1)).replace_nanosecond(0)?;
    let past = soon - Duration::days(2);
    let keys = [
        plain.clone(),
        KeyRecord { id: Uuid::now_v7(), endpoints: Some(vec![id]), ..plain.clone() },
        KeyRecord { environments: Some(vec!["production".to_owned()]), ..plain.clone() },
        KeyRecord { expires: Some(soon), ..plain.clone() },
        KeyRecord { expires: Some(past), ..plain.clone() },
        KeyRecord { revoked: true, ..plain.clone() },
    ];
    for (number, key) in keys.into_iter().enumerate() {
        let (hash, key) = (hash(&number.to_string()), KeyRecord { id: Uuid::now_v7(), ..key });
        subject.add_key(&hash, &key).await?;
        assert_eq!(subject.store.key(&hash).await?, Some(key));
    }
    assert_eq!(subject.store.key(&hash("f")).await?, None);
    assert_eq!(subject.store.key("").await?, None);
    Ok(())
}

async fn many_callers_at_once_get_no_call_more_than_their_rate(subject: &Subject) -> Outcome {
    let rate = RateAsk { bucket: "k".to_owned(), capacity: 100, step_us: 3_600_000_000 };
    let ask = Admit { rate: Some(rate), ..Admit::default() };
    let answers: Vec<_> = stream::iter(0..subject.load.callers)
        .map(|_| subject.store.admit(&ask))
        .buffer_unordered(subject.load.callers)
        .collect()
        .await;
    let mut allowed = 0;
    for answer in answers {
        let left = answer?.rate.unwrap();
        if left.allowed {
            assert!(left.remaining < 100, "{left:?}");
            allowed += 1;
        } else {
            assert!(left.remaining == 0 && left.retry_after_us > 3_000_000_000, "{left:?}");
        }
    }
    assert_eq!(allowed, 100);
    // Another bucket is another's.
    let other = RateAsk { bucket: "l".to_owned(), ..ask.rate.unwrap() };
    let ask = Admit { rate: Some(other), ..Admit::default() };
    assert!(subject.store.admit(&ask).await?.rate.unwrap().allowed);
    Ok(())
}

/// A step is over before the next question comes.
async fn a_bucket_fills_up_again(subject: &Subject) -> Outcome {
    let rate = RateAsk { bucket: "quick".to_owned(), capacity: 1, step_us: 1 };
    let ask = Admit { rate: Some(rate), ..Admit::default() };
    for _ in 0..10 {
        let left = subject.store.admit(&ask).await?.rate.unwrap();
        assert!(left.allowed && left.reset_us <= 1, "{left:?}");
    }
    Ok(())
}

fn asks(names: &[&str], amount: u64) -> Result<Reserve, Failure> {
    let limit = Some("0.01 USD/month".parse()?);
    let budget = |name: &&str| BudgetAsk { bucket: (*name).to_owned(), limit, amount, soft: None };
    Ok(Reserve { budgets: names.iter().map(budget).collect(), returned: Vec::new() })
}

/// 10,000 micro-USD in pieces of 70 at least, for many at once, of whom some give back a part and
/// others are never heard of again.
async fn of_a_budget_no_more_is_given_than_there_is(subject: &Subject) -> Outcome {
    let held = AtomicU64::new(0);
    let round = async |number: u64| {
        let names = if number.is_multiple_of(2) { ["a", "b"] } else { ["b", "a"] };
        match subject.store.reserve(&asks(&names, 70)?).await? {
            Reserved::Spent { .. } => {}
            Reserved::Blocks(blocks) => {
                let place = names.iter().position(|name| *name == "a").unwrap();
                let block = blocks[place];
                let now = held.fetch_add(block.amount, Ordering::SeqCst) + block.amount;
                assert!(now <= 10_000 && block.amount >= 70, "{now}");
                if number.is_multiple_of(3) {
                    held.fetch_sub(30, Ordering::SeqCst);
                    let returned = ["a", "b"].map(|name| Returned {
                        bucket: name.to_owned(),
                        window: block.window,
                        amount: 30,
                    });
                    let back = Reserve { budgets: Vec::new(), returned: returned.to_vec() };
                    subject.store.reserve(&back).await?;
                }
            }
        }
        Ok::<_, Failure>(())
    };
    // After some 120 of them there is nothing left.
    let rounds: Vec<_> = stream::iter(0..300).map(round).buffer_unordered(64).collect().await;
    rounds.into_iter().collect::<Result<Vec<_>, _>>()?;
    let held = held.load(Ordering::SeqCst);
    // Two who each hold the last of one budget both go without.
    assert!((9_500..=10_000).contains(&held), "{held}");
    Ok(())
}

/// The first block is a hundredth, and those after it are of what is left; 40 of 170 micro-USD come
/// beyond the half of 10,000.
async fn a_budget_tells_once_that_it_has_come_to_its_share(subject: &Subject) -> Outcome {
    let ask = |amount| {
        let mut ask = asks(&["soft"], amount)?;
        ask.budgets[0].soft = Some(5_000);
        Ok::<_, Failure>(ask)
    };
    let block = async |amount| match subject.store.reserve(&ask(amount)?).await? {
        Reserved::Blocks(blocks) => Ok::<_, Failure>(blocks[0]),
        spent @ Reserved::Spent { .. } => Err(format!("{spent:?}").into()),
    };
    let first = block(70).await?;
    assert_eq!((first.amount, first.reaches_soft), (100, false));
    let blocks = stream::iter(0..40).map(|_| block(170)).buffer_unordered(40);
    let blocks: Vec<_> = blocks.collect().await;
    let blocks = blocks.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(blocks.iter().filter(|block| block.reaches_soft).count(), 1);
    // Where much comes back, nobody is told a second time.
    let (bucket, window) = ("soft".to_owned(), first.window);
    let returned = vec![Returned { bucket, window, amount: 4_000 }];
    subject.store.reserve(&Reserve { budgets: Vec::new(), returned }).await?;
    let again = block(5_000).await?;
    assert_eq!((again.amount, again.reaches_soft), (5_000, false));
    Ok(())
}

async fn where_one_of_two_budgets_is_spent_the_other_keeps_what_it_has(
    subject: &Subject,
) -> Outcome {
    let spent = subject.store.reserve(&asks(&["c", "a"], 600)?).await?;
    let Reserved::Spent { place: 1, retry_after_ms } = spent else { panic!("{spent:?}") };
    assert!(retry_after_ms <= 31 * 86_400_000);
    let all = subject.store.reserve(&asks(&["c"], 10_000)?).await?;
    assert!(matches!(all, Reserved::Blocks(_)), "{all:?}");
    Ok(())
}

async fn a_repeats_key_is_one_calls_until_it_has_an_answer_or_has_died(
    subject: &Subject,
) -> Outcome {
    let ask = |request: &str, lease_ms| {
        let (key, request) = ("k".to_owned(), request.to_owned());
        Admit { repeat: Some(RepeatAsk { key, request, lease_ms }), ..Admit::default() }
    };
    let verdict = async |ask: Admit| Ok::<_, Failure>(subject.store.admit(&ask).await?.verdict);
    // The first has died: its lease is over at once.
    assert_eq!(verdict(ask("r", 0)).await?, Verdict::Go);
    let many: Vec<_> =
        stream::iter(0..50).map(|_| verdict(ask("r", 60_000))).buffer_unordered(50).collect().await;
    let verdicts = many.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(verdicts.iter().filter(|it| **it == Verdict::Go).count(), 1);
    assert_eq!(verdicts.iter().filter(|it| **it == Verdict::Running).count(), 49);
    assert_eq!(verdict(ask("other", 60_000)).await?, Verdict::Mismatch);
    let key = || Some("k".to_owned());
    subject.store.finish(&Finish { repeat: key(), ..Finish::default() }).await?;
    assert_eq!(verdict(ask("other", 60_000)).await?, Verdict::Go);
    let answer = "\\u0000 is no letter, \u{1F600} is".to_owned();
    let finish = Finish { repeat: key(), answer: Some(answer.clone()), ..Finish::default() };
    subject.store.finish(&finish).await?;
    assert_eq!(verdict(ask("other", 60_000)).await?, Verdict::Repeat(answer));
    // A call that has no place in its bucket does not hold its key.
    let rate = RateAsk { bucket: "full".to_owned(), capacity: 1, step_us: 3_600_000_000 };
    let limited = |key: &str| {
        let repeat = RepeatAsk { key: key.to_owned(), request: "r".to_owned(), lease_ms: 60_000 };
        Admit { rate: Some(rate.clone()), repeat: Some(repeat), cache: None }
    };
    assert!(subject.store.admit(&limited("l")).await?.rate.unwrap().allowed);
    assert!(!subject.store.admit(&limited("m")).await?.rate.unwrap().allowed);
    let free = Admit { rate: None, ..limited("m") };
    assert_eq!(verdict(free).await?, Verdict::Go);
    Ok(())
}

async fn an_answer_is_remembered_for_its_time(subject: &Subject) -> Outcome {
    let key = |digit: &str| digit.repeat(64);
    let ask = |digit| Admit { cache: Some(key(digit)), ..Admit::default() };
    let keep = async |digit: &str, ttl_ms: u64, answer: &str| {
        let (cache, answer) = (Some((key(digit), ttl_ms)), Some(answer.to_owned()));
        subject.store.finish(&Finish { cache, answer, repeat: None }).await
    };
    let verdict = async |digit| Ok::<_, Failure>(subject.store.admit(&ask(digit)).await?.verdict);
    assert_eq!(verdict("a").await?, Verdict::Go);
    keep("a", 60_000, "first").await?;
    keep("a", 60_000, "second").await?;
    keep("b", 0, "over already").await?;
    assert_eq!(verdict("a").await?, Verdict::Hit("second".to_owned()));
    assert_eq!(verdict("b").await?, Verdict::Go);
    // As far as a year of it can be remembered, and beyond.
    keep("c", u64::MAX, "long").await?;
    assert_eq!(verdict("c").await?, Verdict::Hit("long".to_owned()));
    Ok(())
}
