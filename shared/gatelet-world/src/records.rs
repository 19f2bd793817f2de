//! Records as requests leave them, for the tests of whatever shows them.

use std::net::IpAddr;
use std::time::Duration;

use gatelet_core::record::{ApiFamily, IntegrationCall, Place, Record};
use gatelet_core::{Arrival, Scheme, Timestamp, Vouched};

/// The arrival of a request of which nothing is special, over HTTPS from 127.0.0.1, with a minute left for it.
#[must_use]
pub fn arrival_at(now: Timestamp) -> Arrival {
    Arrival {
        now,
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into(),
        extended_request_id: "JKJaXmPLvHcESHA=".into(),
        draw: 0,
        peer: IpAddr::from([127, 0, 0, 1]),
        scheme: Scheme::Https,
        trace_id: None,
        deadline: now.after(Duration::from_secs(60)),
        vouched: Vouched::default(),
    }
}

/// The record of a `GET` of this path that nobody has located yet, at 2026-11-20 16:00 UTC from 127.0.0.1.
#[must_use]
pub fn unlocated_record(path: &str) -> Record {
    let arrival = Arrival {
        request_id: "id".into(),
        extended_request_id: "extended=".into(),
        ..arrival_at(Timestamp::from_milliseconds(1_795_190_400_000))
    };
    let mut record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
    record.note_request(path, Some("curl"));
    record
}

/// The record of a request to a REST API's route `GET /pets/{petId}`, whose backend answered 200 after 17 ms.
#[must_use]
pub fn proxied_record() -> Record {
    let mut record = unlocated_record("/_aws/execute-api/abc/dev/pets/1");
    record.note_place(Place {
        family: ApiFamily::Rest,
        account_id: "123456789012".into(),
        api_id: "abc".into(),
        api_name: "Pets".into(),
        stage: "dev".into(),
        deployment_id: "deployment".into(),
        canary: false,
    });
    record.note_route("GET /pets/{petId}".into());
    record.note_integration(IntegrationCall {
        kind: "HTTP_PROXY",
        status: Some(200),
        latency: Duration::from_millis(17),
        error: None,
    });
    record.note_status(http::StatusCode::OK);
    record
}
