//! The meter function: whatever an event says, reading it never panics, is the same each time, and what of it is an item is read or
//! refused as items are.

#![no_main]

use gatelet_aws::dynamodb::counters::items::{Kind, StoredQuota, StoredReport, StoredReturn};
use gatelet_aws::dynamodb::counters::meter::ToldThresholds;
use gatelet_core::limits::meter::{RouteCounts, fold};
use libfuzzer_sys::fuzz_target;
use meter::Event;

/// How many routes of a report are folded at once here.
const ROUTES: usize = 3;

fuzz_target!(|event: &str| {
    let read = Event::read(event);
    assert_eq!(read, Event::read(event));
    let Ok(Event::Stream(images)) = read else { return };
    for item in images.into_iter().filter_map(|image| image.item) {
        let partition = item.get("pk").and_then(|value| value.as_s().ok());
        match partition.and_then(|partition| Kind::of(partition)) {
            Some(Kind::Report) => {
                if let Ok(report) = StoredReport::read(item) {
                    fold_whole(&report);
                }
            }
            Some(Kind::Quota) => {
                let told = ToldThresholds::read(&item);
                if let Ok(quota) = StoredQuota::read(item) {
                    assert!(told.due(&quota).count() <= 2);
                }
            }
            Some(Kind::Return) => {
                let _ = StoredReturn::read(item);
            }
            _ => {}
        }
    }
});

/// All of a report gets into its total, in steps that add something each.
fn fold_whole(report: &StoredReport) {
    let mut folded = report.folded.clone().unwrap_or_default();
    let steps = report.counts.len().div_ceil(ROUTES) + 1;
    for _ in 0..steps {
        let Some(step) = fold(&report.counts, &folded, ROUTES) else {
            let is_there = |(label, counts): (&String, _)| {
                let alone = RouteCounts::from([(label.clone(), counts)]);
                fold(&alone, &folded, 1).is_none()
            };
            assert!(report.counts.iter().map(|(label, counts)| (label, *counts)).all(is_there));
            return;
        };
        assert!(!step.added.is_empty() && step.added.len() <= ROUTES);
        folded = step.folded;
    }
    panic!("it comes to no end");
}
