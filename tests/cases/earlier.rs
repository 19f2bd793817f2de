//! What happens before an exchange, in the data plane itself.

use std::time::Duration;

use gatelet_core::payload::Body;
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::Clock as _;
use gatelet_core::record::Record;
use gatelet_tests::doors::SharedWorld;
use gatelet_world::arrival_at;

use crate::case::Earlier;

pub(crate) async fn happen(earlier: &Earlier, host: &str, world: &SharedWorld) -> Result<(), String> {
    let times = if earlier.request.is_empty() { 0 } else { earlier.times.unwrap_or(1) };
    for sent in 1..=times {
        let status = send(earlier, host, world).await?;
        if earlier.status.is_some_and(|expected| expected != status) {
            return Err(format!(
                "before: `{}` answered {status} when it was sent {sent} times",
                earlier.request
            ));
        }
    }
    world.world.clock.advance(Duration::from_millis(earlier.then_milliseconds));
    for what in &earlier.then_fail {
        match what.as_str() {
            "counters" => world.world.counters.fail(true),
            "credentials" => world.world.credentials.fail(true),
            other => return Err(format!("`{other}` cannot fail")),
        }
    }
    Ok(())
}

async fn send(earlier: &Earlier, host: &str, world: &SharedWorld) -> Result<u16, String> {
    let (method, target) = earlier.request.split_once(' ').ok_or("a request is `METHOD /path`")?;
    let mut builder = http::Request::builder().method(method).uri(target).header("host", host);
    for (name, value) in &earlier.headers {
        builder = builder.header(name, value);
    }
    let request = builder.body(Body::Empty).map_err(|error| error.to_string())?;
    let arrival = arrival_at(world.world.clock.now());
    let mut record = Record::open(&arrival, request.method().clone(), request.version());
    let response = pipeline::serve(world, &Front::default(), &arrival, request, &mut record).await;
    Ok(response.status().as_u16())
}
