#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::events::model::CallSummary;

fn change(xact: i64, sequence: i64) -> Change {
    Change {
        position: Position { xact, sequence },
        kind: "prompt.saved".to_owned(),
        id: None,
        name: None,
        at: OffsetDateTime::UNIX_EPOCH,
        by: None,
        data: serde_json::Map::new(),
    }
}

fn arrived(xact: i64, count: i64) -> Arrived {
    let items = (0..count.min(NEWEST as i64)).map(|_| CallSummary {
        call_id: Uuid::now_v7(),
        time: OffsetDateTime::UNIX_EPOCH,
        endpoint_name: "greet".to_owned(),
        source: "call".to_owned(),
        status: 200,
        error_type: None,
        model: None,
        total_us: 1,
        cost_micro_usd: None,
    });
    Arrived { xact, calls: Calls { count, errors: 0, items: items.collect() } }
}

/// What a reader is told, in a word each.
fn words(look: &Look) -> Vec<String> {
    let word = |told: &Told| match told {
        Told::Change(change) => format!("change {}", change.position),
        Told::Calls(position, calls) => format!("{} calls {position}", calls.count),
        Told::Reset(position, _) => format!("reset {position}"),
    };
    look.told.iter().map(word).collect()
}

#[test]
fn calls_come_before_the_change_that_they_arrived_before() {
    let changes = vec![change(10, 1), change(10, 2), change(20, 3)];
    let calls = vec![arrived(5, 1), arrived(10, 2), arrived(15, 3), arrived(25, 4)];
    let look = merge(changes, calls, Position::end_of(30), false);
    assert_eq!(
        words(&look),
        [
            "3 calls 10.0",
            "change 10.1",
            "change 10.2",
            "3 calls 15.0",
            "change 20.3",
            "4 calls 25.0"
        ]
    );
    assert_eq!((look.seen, look.more), (Position::end_of(30), false));
}

#[test]
fn of_many_calls_the_newest_are_told_in_full() {
    let look = merge(vec![], vec![arrived(5, 100), arrived(6, 30)], Position::end_of(9), false);
    let [Told::Calls(_, calls)] = look.told.as_slice() else { panic!("{:?}", words(&look)) };
    assert_eq!((calls.count, calls.items.len()), (130, NEWEST));
    assert!(calls.items.is_sorted_by(|a, b| a.call_id >= b.call_id));
}

#[test]
fn what_lies_behind_the_last_calls_that_could_be_read_waits() {
    let calls = (1..=ARRIVALS).map(|xact| arrived(xact, 1)).collect();
    let look =
        merge(vec![change(3, 1), change(ARRIVALS + 1, 2)], calls, Position::end_of(900), false);
    assert_eq!(look.seen, Position::end_of(ARRIVALS));
    assert!(look.more);
    assert_eq!(words(&look)[1], "change 3.1");
    assert_eq!(look.told.len(), 3);
}

proptest! {
    /// Whatever a reader has seen when it is cut off, it goes on there: nothing is missing, nothing twice.
    #[test]
    fn ids_only_grow_and_all_that_was_read_is_told(
        changes in proptest::collection::btree_set((1..40_i64, 1..9_i64), 0..20),
        calls in proptest::collection::btree_map(1..40_i64, 1..5_i64, 0..20),
    ) {
        let all: i64 = calls.values().sum();
        let of = changes.iter().map(|(xact, sequence)| change(*xact, *sequence)).collect();
        let arrivals = calls.iter().map(|(xact, count)| arrived(*xact, *count)).collect();
        let look = merge(of, arrivals, Position::end_of(40), false);
        let mut last = Position::START;
        let (mut told, mut counted) = (0, 0);
        for one in &look.told {
            let position = match one {
                Told::Change(change) => {
                    told += 1;
                    change.position
                }
                Told::Calls(position, calls) => {
                    counted += calls.count;
                    *position
                }
                Told::Reset(..) => unreachable!("nothing was swept"),
            };
            prop_assert!(position > last);
            // Who goes on from here has been told of all calls up to here, and of no later ones.
            let up_to: i64 = calls.range(..=position.xact).map(|(_, count)| *count).sum();
            prop_assert_eq!(counted, up_to);
            last = position;
        }
        prop_assert_eq!((told, counted), (changes.len(), all));
    }
}
