//! Nothing is missing, nothing comes twice, and nothing before its time.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor};

use crate::{
    events::listed,
    events::names,
    events::pilot,
    events::pilot_with,
    events::place,
    events::save,
    events::save_in,
    events::saves,
    events::stream,
    support::{Failure, Outcome, follow::Follower, pilot::Pilot, replica::Replica},
};

async fn organization(pilot: &Pilot) -> Result<uuid::Uuid, Failure> {
    Ok(pilot.plane.ensure_local_owner().await?.organization)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_first_waits_for_what_began_first() -> Outcome {
    let pilot = pilot().await?;
    let ours = organization(&pilot).await?;
    let mut follower = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    follower.until("ready").await?;
    let (mut early, mut late) = (pilot.database.connect().await?, pilot.database.connect().await?);
    let mut first = early.begin().await?;
    save_in(&mut first, ours, "first").await?;
    // Numbers of the table run on in the order of statements, transactions end in another.
    let mut second = late.begin().await?;
    save_in(&mut second, ours, "second").await?;
    save_in(&mut first, ours, "first-again").await?;
    second.commit().await?;
    let before = listed(&pilot).await?;
    assert!(before.iter().all(|change| change["name"] != "second"), "{before:?}");
    first.commit().await?;

    let changes = saves(&mut follower, 3).await?;
    assert_eq!(names(&changes), ["first", "first-again", "second"]);
    assert!(
        place(&changes[2]).1 < place(&changes[1]).1,
        "the sequence alone would tell them in another order"
    );
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_stays_open_holds_back_what_comes_after_it_and_loses_nothing() -> Outcome
{
    let pilot = pilot().await?;
    let mut follower = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    follower.until("ready").await?;
    let mut db = pilot.database.connect().await?;
    let mut open = db.begin().await?;
    // It writes nothing that anybody is told of, so nobody rings when it ends.
    open.execute("select pg_current_xact_id()").await?;
    let began = Instant::now();
    let mut saved = Vec::new();
    // Held for as long as others go on writing: longer than several of the followers' looks.
    while saved.len() < 20 || began.elapsed() < Duration::from_secs(5) {
        let name = format!("p-{}", saved.len());
        save(&pilot, &name).await?;
        saved.push(name);
        let kept = listed(&pilot).await?;
        assert!(kept.iter().all(|change| change["type"] != "prompt.saved"), "{kept:?}");
    }
    open.rollback().await?;
    let ended = Instant::now();
    let changes = saves(&mut follower, saved.len()).await?;
    assert_eq!(names(&changes), saved);
    assert!(ended.elapsed() < Duration::from_secs(10), "{:?}", ended.elapsed());
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_goes_on_at_another_replica_and_after_a_restart_where_it_was() -> Outcome {
    let pilot = pilot().await?;
    let first = Replica::start(&pilot.settings).await?;
    let second = Replica::start(&pilot.settings).await?;
    let mut follower = Follower::open(stream(&pilot, &first.url, None)).await?;
    let ready = follower.until("ready").await?;
    // Written at one replica, told by another.
    save(&pilot, "one").await?;
    let one = saves(&mut follower, 1).await?.remove(0);
    assert_eq!(one.data["name"], "one");
    assert!(place(&ready) < place(&one));

    let at = first.kill();
    assert!(follower.next().await?.is_none(), "the stream ends with its server");
    save(&pilot, "two").await?;
    save(&pilot, "three").await?;
    let mut elsewhere = Follower::open(stream(&pilot, &second.url, Some(&one.id))).await?;
    let two = saves(&mut elsewhere, 1).await?.remove(0);
    assert_eq!(two.data["name"], "two");
    drop(second);

    let again = Replica::start_at(&pilot.settings, at).await?;
    let mut back = Follower::open(stream(&pilot, &again.url, Some(&two.id))).await?;
    save(&pilot, "four").await?;
    assert_eq!(names(&saves(&mut back, 2).await?), ["three", "four"]);
    // Somebody who saw nothing but that the stream was open missed nothing, either.
    let mut from_ready = Follower::open(stream(&pilot, &again.url, Some(&ready.id))).await?;
    assert_eq!(names(&saves(&mut from_ready, 4).await?), ["one", "two", "three", "four"]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_told_the_same_in_the_same_order_however_many_write() -> Outcome {
    let pilot = pilot().await?;
    let replica = Replica::start(&pilot.settings).await?;
    let mut here = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    let mut there = Follower::open(stream(&pilot, &replica.url, None)).await?;
    here.until("ready").await?;
    there.until("ready").await?;
    let saving = async |writer: usize| {
        for number in 0..20 {
            save(&pilot, &format!("w{writer}/p{number}")).await?;
        }
        Ok::<(), Failure>(())
    };
    tokio::try_join!(saving(0), saving(1), saving(2), saving(3))?;
    let (here, there) = tokio::try_join!(saves(&mut here, 80), saves(&mut there, 80))?;
    assert_eq!(here, there);
    let kept = listed(&pilot).await?;
    let saved: Vec<_> = kept.iter().filter(|change| change["type"] == "prompt.saved").collect();
    let told: Vec<_> = here.iter().map(|event| &event.data).collect();
    assert_eq!(told, saved);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_keeps_nobody_waiting_and_misses_nothing() -> Outcome {
    let pilot = pilot().await?;
    let ours = organization(&pilot).await?;
    let mut slow = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    slow.until("ready").await?;
    let mut quick = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    quick.until("ready").await?;
    let mut db = pilot.database.connect().await?;
    // More than sockets and the process hold between them.
    let long = "x".repeat(900);
    sqlx::query(
        "insert into prompts (organization_id, id, name, version, words, description)
         select $1, gen_random_uuid(), 'p-' || chr(97 + i / 676 % 26) || chr(97 + i / 26 % 26)
                || chr(97 + i % 26), 1, '', $2 from generate_series(0, 11999) i",
    )
    .bind(ours)
    .bind(&long)
    .execute(&mut db)
    .await?;
    assert_eq!(saves(&mut quick, 12_000).await?.len(), 12_000);
    save(&pilot, "last").await?;
    assert_eq!(names(&saves(&mut quick, 1).await?), ["last"]);
    let late = saves(&mut slow, 12_001).await?;
    assert!(late.is_sorted_by(|a, b| place(a) < place(b)));
    assert_eq!(late.last().unwrap().data["name"], "last");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_what_is_kept_no_more_is_told_to_load_anew() -> Outcome {
    let pilot = pilot_with(|settings| settings.keep_events = Duration::ZERO).await?;
    let mut follower = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    let ready = follower.until("ready").await?;
    save(&pilot, "one").await?;
    let one = saves(&mut follower, 1).await?.remove(0);
    save(&pilot, "two").await?;
    let two = saves(&mut follower, 1).await?.remove(0);
    pilot.plane.sweep_events().await;
    assert!(listed(&pilot).await?.is_empty());

    // Who has seen all of it has missed nothing.
    let mut current = Follower::open(stream(&pilot, &pilot.url, Some(&two.id))).await?;
    assert_eq!(current.next().await?.unwrap().name, "ready");
    for seen in [ready.id.as_str(), one.id.as_str()] {
        let mut late = Follower::open(stream(&pilot, &pilot.url, Some(seen))).await?;
        let reset = late.next().await?.unwrap();
        assert_eq!((reset.name.as_str(), &reset.data["reason"]), ("reset", &"swept".into()));
        let page = format!("/api/events?after={seen}");
        assert_eq!(pilot.request(reqwest::Method::GET, &page, None).await?.0, 410);
        // It goes on from where it was told so.
        assert_eq!(late.next().await?.unwrap().name, "ready");
    }
    for odd in ["tomorrow", "9000000000000000.1"] {
        let mut lost = Follower::open(stream(&pilot, &pilot.url, Some(odd))).await?;
        let reset = lost.next().await?.unwrap();
        assert_eq!((reset.name.as_str(), &reset.data["reason"]), ("reset", &"unknown".into()));
    }
    pilot.stop().await
}
