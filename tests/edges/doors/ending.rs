//! What a function says before its process ends.

use std::sync::Arc;
use std::time::Duration;

use gatelet_core::limits::{Counted, Day};
use gatelet_core::ports::{UsageCounts, World};
use gatelet_model::PartId;

use crate::fixture::{Function, NOW, answer};

const WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn what_was_counted_is_reported_over_connections_of_its_own() {
    let function = Function::new(&[], |_| answer("hello"));
    let (plan, key) = (PartId::parse("plan1").unwrap(), PartId::parse("key1").unwrap());
    let client = function.shared.memory().limits.client(&plan, &key, "instance");
    client.usage.count(&Arc::from("a1/dev/GET /"), Counted::Admitted, NOW);
    let counters = &function.shared.world.counters;
    let reported = || counters.usage(&plan, &key, Day::of(NOW));

    counters.fail(true);
    function.router.settle(WITHIN).await;
    assert!(reported().is_empty());
    assert_eq!(function.shared.forgotten(), 1, "the process may have been frozen since its last request");

    counters.fail(false);
    function.router.settle(WITHIN).await;
    let counted = UsageCounts { admitted: 1, ..UsageCounts::default() };
    assert_eq!(reported(), [("a1/dev/GET /".to_owned(), counted)].into());

    let writes = counters.writes();
    function.router.settle(WITHIN).await;
    assert_eq!(counters.writes(), writes, "nothing is left to be said");
}
