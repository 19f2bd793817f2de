//! A meter over the embedded engine, with stand-ins for CloudWatch and EventBridge.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::counters::items::{ItemKey, REPORT_SHARDS, report_partition};
use gatelet_aws::dynamodb::{Attributes, COUNTERS_TABLE, Client, SharedHttpClient, over_the_network};
use gatelet_aws::environment::Environment;
use gatelet_core::limits::Day;
use gatelet_core::ports::{
    Clock, Counters as _, QuotaName, QuotaTake, QuotaTaken, Timestamp, UnusedQuota, UsageCounts, UsageReport,
};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::{PartId, Region};
use gatelet_tests::backend::{Backend, Connection};
use meter::{Announcements, Answer, Failure, Meter, Metrics, Ports, Services};
use serde_json::{Value, json};

use crate::wire::decode;

/// The day on which everything happens, and an hour of it.
pub(crate) const TODAY: &str = "2026-11-21";
const NOON: Duration = Duration::from_secs(12 * 3_600);
/// Far enough not to be met by any test that does not mean to.
pub(crate) const SOON: Duration = Duration::from_secs(250);
/// What CloudWatch takes at once.
const CALL_BYTES_MAX: usize = 1_000_000;

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(crate) fn id(text: &str) -> PartId {
    PartId::parse(text).unwrap()
}

pub(crate) fn quota<'a>(plan: &'a PartId, key: &'a PartId) -> QuotaName<'a> {
    QuotaName { plan, key, first_day: day("2026-11-01") }
}

/// Time that a test sets.
pub(crate) struct Time(AtomicU64);

impl Time {
    pub(crate) fn pass(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// What the stand-in does.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Aws {
    Works,
    /// Every call is answered with 400.
    Refuses,
    /// EventBridge takes the call, and not the event in it.
    TakesNoEvent,
}

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) counters: CounterTable,
    pub(crate) time: Arc<Time>,
    pub(crate) meter: Meter,
    services: Services,
    aws: Backend,
    mode: Arc<AtomicU8>,
}

fn meter_of(counters: CounterTable, services: &Services, clock: Arc<dyn Clock>) -> Meter {
    let (metrics, announcements) = (Metrics::new(services), Announcements::new(services));
    Meter::new(Ports { counters, metrics, announcements, clock })
}

impl World {
    pub(crate) async fn new() -> Self {
        let region = || Region::parse("eu-west-1").unwrap();
        let store = Store::open(StateOption::Memory).await.unwrap();
        let time = Arc::new(Time(AtomicU64::new(day(TODAY).start().after(NOON).milliseconds())));
        let clock: Arc<dyn Clock> = Arc::clone(&time) as _;
        let counters = store.counters(region(), Arc::clone(&clock)).await.unwrap();
        let mode = Arc::new(AtomicU8::new(Aws::Works as u8));
        let aws = stand_in(Arc::clone(&mode)).await;
        let environment = Environment::parse([("AWS_ENDPOINT_URL".to_owned(), aws.url(""))]).unwrap();
        let https = SharedHttpClient::new(over_the_network().unwrap());
        let services = Services::of(&environment, "eu-west-1", https);
        let meter = meter_of(counters.clone(), &services, clock);
        Self { client: store.client(region()), counters, time, meter, services, aws, mode }
    }

    /// Another meter, of this table.
    pub(crate) fn meter_of(&self, counters: CounterTable) -> Meter {
        meter_of(counters, &self.services, Arc::clone(&self.time) as _)
    }

    pub(crate) fn aws(&self, mode: Aws) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    pub(crate) fn soon(&self) -> Timestamp {
        self.time.now().after(SOON)
    }

    /// An instance reports so many admitted requests of a key of the plan `gold` and one in four throttled. Gives the image.
    pub(crate) async fn report(&self, of: Day, key: &str, instance: &str, admitted: u64) -> Attributes {
        self.report_routes(of, key, instance, &[("a1/live/GET /pets", admitted)]).await
    }

    /// The same of four requests, without an image.
    pub(crate) async fn write_report(&self, of: Day, key: &str, instance: &str) {
        let (plan, key) = (id("gold"), id(key));
        let counts = [(Arc::from("a1/live/GET /pets"), counts(4))].into();
        let report = UsageReport { id: instance, plan: &plan, key: &key, day: of, counts: &counts };
        self.counters.report_usage(report, self.soon()).await.unwrap();
    }

    /// All reports of a day as they are now.
    pub(crate) async fn images_of(&self, of: Day) -> Vec<Attributes> {
        let mut images = Vec::new();
        for shard in 0..REPORT_SHARDS {
            let query = self.client.query().table_name(COUNTERS_TABLE).key_condition_expression("pk = :pk");
            let partition = AttributeValue::S(report_partition(of, shard));
            let mut pages =
                query.expression_attribute_values(":pk", partition).into_paginator().items().send();
            while let Some(item) = pages.next().await {
                images.push(item.unwrap());
            }
        }
        images
    }

    pub(crate) async fn report_routes(
        &self,
        of: Day,
        key: &str,
        instance: &str,
        routes: &[(&str, u64)],
    ) -> Attributes {
        let (plan, key) = (id("gold"), id(key));
        let counts = routes.iter().map(|(label, admitted)| (Arc::from(*label), counts(*admitted))).collect();
        let report = UsageReport { id: instance, plan: &plan, key: &key, day: of, counts: &counts };
        self.counters.report_usage(report, self.soon()).await.unwrap();
        self.item(ItemKey::of_report(of, &plan, &key, instance)).await.unwrap()
    }

    pub(crate) async fn take(&self, name: QuotaName<'_>, tokens: u32, limit: u32) -> Attributes {
        let expires = day("2026-12-10").start();
        let take = QuotaTake { quota: name, tokens, limit, expires };
        let taken = self.counters.take_quota(take, self.soon()).await.unwrap();
        assert!(matches!(taken, QuotaTaken::Taken { .. }), "{taken:?}");
        self.item(ItemKey::of_quota(name)).await.unwrap()
    }

    /// Tokens come back now.
    pub(crate) async fn give_back(&self, name: QuotaName<'_>, id: &str, tokens: u32) -> Attributes {
        let after = self.time.now();
        let unused = UnusedQuota { quota: name, id, tokens, after, expires: day("2026-12-01").start() };
        self.counters.return_quota(unused, self.soon()).await.unwrap();
        self.item(ItemKey::of_return(after, id)).await.unwrap()
    }

    pub(crate) async fn used(&self, name: QuotaName<'_>) -> i64 {
        self.counters.quota(name, self.soon()).await.unwrap().unwrap().used
    }

    pub(crate) async fn item(&self, key: ItemKey) -> Option<Attributes> {
        let call = self.client.get_item().table_name(COUNTERS_TABLE).set_key(Some(key.into_attributes()));
        call.consistent_read(true).send().await.unwrap().item
    }

    /// What the meter answers to these changes: positions of those that come again.
    pub(crate) async fn told(&self, images: &[Attributes]) -> Vec<usize> {
        let answer = self.meter.invoke(&stream_event(images), self.soon()).await.unwrap();
        let Answer::Stream { batch_item_failures: failed } = answer else { panic!("{answer:?}") };
        failed.into_iter().map(|failed| failed.item_identifier.parse().unwrap()).collect()
    }

    pub(crate) async fn asked(&self, event: Value) -> Result<Value, Failure> {
        let answer = self.meter.invoke(&event.to_string(), self.soon()).await?;
        Ok(serde_json::to_value(answer).unwrap())
    }

    /// The total of a key of the plan `gold` and a day.
    pub(crate) async fn total(&self, key: &str, of: Day) -> UsageCounts {
        let found = self.counters.totals(&id("gold"), &id(key), (of, of), self.soon()).await.unwrap();
        found.first().map(|total| total.counts).unwrap_or_default()
    }

    /// The sums of all metrics by plan and name, and how many there were in each call.
    pub(crate) fn shown(&self) -> (BTreeMap<(String, String), f64>, Vec<usize>) {
        let (mut sums, mut calls) = (BTreeMap::new(), Vec::new());
        for request in self.aws.requests() {
            if request.header("smithy-protocol").is_none() {
                continue;
            }
            assert!(request.body.len() < CALL_BYTES_MAX, "{}", request.body.len());
            let call = decode(&request.body);
            assert_eq!(call["Namespace"], "Gatelet");
            let data = call["MetricData"].as_array().unwrap();
            calls.push(data.len());
            for datum in data {
                assert_eq!(datum["Dimensions"][0]["Name"], "UsagePlan");
                let plan = datum["Dimensions"][0]["Value"].as_str().unwrap().to_owned();
                let name = datum["MetricName"].as_str().unwrap().to_owned();
                *sums.entry((plan, name)).or_insert(0.0) += datum["Value"].as_f64().unwrap();
            }
        }
        (sums, calls)
    }

    /// What EventBridge was told.
    pub(crate) fn announced(&self) -> Vec<Value> {
        let requests = self.aws.requests();
        let calls = requests.iter().filter(|request| request.header("x-amz-target").is_some());
        let events = calls.flat_map(|request| {
            assert_eq!(request.header("x-amz-target"), Some("AWSEvents.PutEvents"));
            let call: Value = serde_json::from_slice(&request.body).unwrap();
            call["Entries"].as_array().unwrap().clone()
        });
        events
            .map(|event| {
                assert_eq!(event["Source"], "gatelet");
                assert_eq!(event["DetailType"], "Usage Plan Quota Threshold");
                serde_json::from_str(event["Detail"].as_str().unwrap()).unwrap()
            })
            .collect()
    }
}

pub(crate) fn counts(admitted: u64) -> UsageCounts {
    UsageCounts { admitted, throttled: admitted / 4, ..UsageCounts::default() }
}

async fn stand_in(mode: Arc<AtomicU8>) -> Backend {
    Backend::start(move |mut connection: Connection| {
        let mode = Arc::clone(&mode);
        async move {
            while let Some(request) = connection.request().await? {
                let mode = mode.load(Ordering::SeqCst);
                let is_metrics = request.header("smithy-protocol").is_some();
                let status = if mode == Aws::Refuses as u8 { "400 Bad Request" } else { "200 OK" };
                let failed = u8::from(mode == Aws::TakesNoEvent as u8);
                let body = match is_metrics {
                    // An empty map.
                    true => vec![0xa0],
                    false => json!({
                        "FailedEntryCount": failed,
                        "Entries": [if failed > 0 { json!({"ErrorCode": "Full"}) } else { json!({"EventId": "1"}) }],
                    })
                    .to_string()
                    .into_bytes(),
                };
                let kind = if is_metrics { "application/cbor" } else { "application/x-amz-json-1.1" };
                let head = format!("HTTP/1.1 {status}\r\nSmithy-Protocol: rpc-v2-cbor\r\nContent-Type: {kind}\r\n");
                connection.send(format!("{head}Content-Length: {}\r\n\r\n", body.len())).await?;
                connection.send(&body).await?;
            }
            Ok(())
        }
    })
    .await
}

/// An event of the stream; the place of each change is its position.
pub(crate) fn stream_event(images: &[Attributes]) -> String {
    let records = images.iter().enumerate().map(|(position, image)| {
        json!({
            "eventID": position.to_string(),
            "eventName": "MODIFY",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"pk": value(&image["pk"]), "sk": value(&image["sk"])},
                "NewImage": members(image),
                "SequenceNumber": position.to_string(),
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        })
    });
    json!({"Records": records.collect::<Vec<_>>()}).to_string()
}

fn members(item: &Attributes) -> Value {
    item.iter().map(|(name, it)| (name.clone(), value(it))).collect::<serde_json::Map<_, _>>().into()
}

fn value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(digits) => json!({"N": digits}),
        AttributeValue::Bool(truth) => json!({"BOOL": truth}),
        AttributeValue::M(item) => json!({"M": members(item)}),
        other => panic!("{other:?}"),
    }
}
