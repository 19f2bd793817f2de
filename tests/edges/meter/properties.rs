//! Whatever of the stream is lost, repeated or out of order: after a backfill, totals are the plain sums.

use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, Strategy, any, prop};
use proptest::sample::Index;
use proptest::{prop_oneof, proptest};
use serde_json::json;
use tokio::runtime::Builder;

use crate::fixture::{TODAY, World, day};

const KEYS: [&str; 2] = ["ada", "bob"];
const ROUTES: [&str; 3] = ["a1/live/GET /", "a1/live/POST /", "b2/$default/GET /pets"];

#[derive(Debug, Clone)]
enum Step {
    /// An instance counted more, and reports.
    Report { key: usize, instance: usize, yesterday: bool, more: [u64; 3] },
    /// The stream tells of some changes that there were, in any order.
    Tell(Vec<Index>),
    /// A schedule comes.
    Schedule,
}

fn step() -> impl Strategy<Value = Step> {
    let report = (0..KEYS.len(), 0..3_usize, any::<bool>(), [0..9_u64, 0..9, 0..9])
        .prop_map(|(key, instance, yesterday, more)| Step::Report { key, instance, yesterday, more });
    prop_oneof![
        5 => report,
        3 => prop::collection::vec(any::<Index>(), 1..8).prop_map(Step::Tell),
        1 => proptest::strategy::Just(Step::Schedule),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_are_plain_sums(steps in prop::collection::vec(step(), 1..40)) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let world = World::new().await;
    let today = day(TODAY);
    let mut counted: BTreeMap<(usize, usize, bool), [u64; 3]> = BTreeMap::new();
    let mut images = Vec::new();
    for step in steps {
        match step {
            Step::Report { key, instance, yesterday, more } => {
                let so_far = counted.entry((key, instance, yesterday)).or_default();
                for (so_far, more) in so_far.iter_mut().zip(more) {
                    // Four at a time, so that the throttled ones of the fixture are sums as well.
                    *so_far += 4 * more;
                }
                let routes: Vec<_> = ROUTES.into_iter().zip(*so_far).collect();
                let of = if yesterday { today.before(1) } else { today };
                images.push(world.report_routes(of, KEYS[key], &format!("i-{instance}"), &routes).await);
            }
            Step::Tell(which) if !images.is_empty() => {
                let some: Vec<_> = which.iter().map(|index| index.get(&images).clone()).collect();
                assert!(world.told(&some).await.is_empty());
            }
            Step::Tell(_) => {}
            Step::Schedule => {
                world.asked(json!({"task": "reports"})).await.unwrap();
            }
        }
        // At no moment more than was counted.
        check(&world, &counted, |total, counted| total <= counted).await;
    }
    world.asked(json!({"task": "reports"})).await.unwrap();
    check(&world, &counted, |total, counted| total == counted).await;
    let shown = world.shown().0;
    let all: u64 = counted.values().flatten().sum();
    let requests = shown.get(&("gold".to_owned(), "Requests".to_owned())).copied().unwrap_or(0.0);
    assert_eq!(requests, all as f64, "metrics show what was counted, once");
}

async fn check(
    world: &World,
    counted: &BTreeMap<(usize, usize, bool), [u64; 3]>,
    is_right: impl Fn(u64, u64) -> bool,
) {
    for (position, key) in KEYS.into_iter().enumerate() {
        for yesterday in [false, true] {
            let of = day(TODAY).before(u64::from(yesterday));
            let total = world.total(key, of).await;
            let mine = counted.iter().filter(|((key, _, day), _)| *key == position && *day == yesterday);
            let sum: u64 = mine.flat_map(|(_, counts)| counts).sum();
            assert!(is_right(total.admitted, sum), "{key}: {total:?}, counted {sum}");
            assert_eq!(total.throttled, total.admitted / 4);
        }
    }
}
