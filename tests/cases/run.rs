//! Runs a case: each of its exchanges in a world of its own.

use bytes::Bytes;
use gatelet_tests::coding;
use http::Request;

use crate::case::{self, Case, Exchange, Way};
use crate::differences::differences;
use crate::earlier;
use crate::ways;
use crate::world::Deployed;

/// All differences between what a case expects and what happens on this way.
pub(crate) async fn run(case: &Case, way: Way) -> Vec<String> {
    let deployed = match Deployed::of(case) {
        Ok(deployed) => deployed,
        Err(why) => return vec![why],
    };
    let mut all = Vec::new();
    for exchange in &case.exchange {
        let found = run_exchange(exchange, &deployed, way).await;
        all.extend(found.into_iter().map(|why| format!("`{}`: {why}", exchange.request)));
    }
    all
}

async fn run_exchange(exchange: &Exchange, deployed: &Deployed<'_>, way: Way) -> Vec<String> {
    let request = match request(exchange, &deployed.host()) {
        Ok(request) => request,
        Err(why) => return vec![why],
    };
    let world = deployed.world(exchange);
    for earlier in &exchange.earlier {
        if let Err(why) = earlier::happen(earlier, &deployed.host(), &world).await {
            return vec![why];
        }
    }
    world.world.backends.forget();
    let happened = ways::go(way, world, request).await;
    let found = happened.map_or_else(|why| vec![why], |happened| differences(exchange, &happened));
    match exchange.not_through.get(&way) {
        Some(why) if found.is_empty() => {
            vec![format!("it passes on this way after all, so that `not_through` is wrong: {why}")]
        }
        Some(_) => Vec::new(),
        None => found,
    }
}

fn request(exchange: &Exchange, host: &str) -> Result<Request<Bytes>, String> {
    let (method, target) = exchange.request.split_once(' ').ok_or("a request is `METHOD /path`")?;
    let mut builder = http::Request::builder().method(method).uri(target);
    if !exchange.headers.contains_key("host") {
        builder = builder.header("host", host);
    }
    for (name, values) in &exchange.headers {
        for value in values.split('\n') {
            builder = builder.header(name, value);
        }
    }
    let body = case::bytes(&exchange.body);
    let body = match &exchange.coding {
        Some(coding) => coding::coded(&body, coding)?,
        None => body,
    };
    builder.body(body).map_err(|error| error.to_string())
}
