//! One request, for which everything is served as long as it takes: `gatelet invoke` with a definition.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatelet_aws::edge;
use gatelet_aws::process::SystemClock;
use gatelet_core::Scheme;
use gatelet_core::ports::Clock;
use gatelet_model::limits::TIMEOUT_MILLISECONDS_MAX;

use super::signals::Signals;
use super::{DevError, Options, start};
use crate::doors::{Invocation, Invoked};
use crate::requests::Console;

/// How long a request may take, the longest integration's time and a little.
const WAIT: Duration = Duration::from_millis(TIMEOUT_MILLISECONDS_MAX as u64 + 5_000);

/// What was said meanwhile: what is wrong with the definitions, and what functions and backends say.
#[derive(Debug, Clone, Default)]
pub struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes a request to the definitions that are given, or to the one of their APIs that it names. Beside what came of it stands what is
/// wrong with the route that it took, for people.
///
/// # Errors
/// A [`DevError`]; whatever was started has been stopped.
pub async fn invoke(
    options: &Options,
    invocation: &Invocation,
    console: &Console,
) -> Result<Result<(Invoked, String), String>, DevError> {
    let mut signals =
        Signals::listen().map_err(|error| DevError::Machine { what: "signals", why: error.to_string() })?;
    let running = tokio::select! {
        started = start(options, console) => started?,
        () = signals.next() => return Ok(Err("it was stopped".to_owned())),
    };
    let invoked = tokio::select! {
        invoked = asked(&running, invocation) => invoked,
        () = signals.next() => Err("it was stopped".to_owned()),
    };
    let invoked = invoked.map(|invoked| {
        let route = invoked.route.as_deref();
        let problems = route.map(|route| running.session.problems_of(route)).unwrap_or_default();
        (invoked, problems)
    });
    running.finish(&mut signals, console).await;
    Ok(invoked)
}

async fn asked(running: &super::Running, invocation: &Invocation) -> Result<Invoked, String> {
    let id = running.session.named_api(&invocation.question.api)?;
    let now = SystemClock::new().now();
    let peer = invocation.question.from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let arrival = edge::arrival(now, peer, Scheme::Http, now.after(WAIT));
    running.gateway.invoke(&arrival, invocation, id.as_str()).await
}
