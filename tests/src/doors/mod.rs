//! The doors of the function, played: requests become the events that AWS would send, answers are read as AWS would read them.

mod answer;
mod event;
mod records;
mod world;

pub use answer::{Answer, chunk};
pub use event::{FUNCTION_URL_HOST, function_url, load_balancer};
pub use records::Records;
pub use world::SharedWorld;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use gatelet_aws::events::{HttpEvent, UnknownEvent};
use gatelet_core::Timestamp;
use router::{Invocation, Ports, Reply, Router};
use serde_json::Value;

/// The client.
pub const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
/// How long an invocation may take, where a test says nothing else.
pub const INVOCATION: Duration = Duration::from_secs(900);

/// Invokes a router with an event that came at `now`, through its JSON as Lambda would send it.
///
/// # Errors
/// [`UnknownEvent`].
pub async fn invoke<W: Ports>(
    router: &Router<W>,
    event: &Value,
    now: Timestamp,
) -> Result<Reply, UnknownEvent> {
    router.invoke(invocation(event, now.after(INVOCATION))).await
}

/// An invocation that Lambda ends at `deadline`.
#[must_use]
pub fn invocation(event: &Value, deadline: Timestamp) -> Invocation {
    let json = serde_json::to_vec(event).unwrap();
    let event: HttpEvent = serde_json::from_slice(&json).unwrap();
    Invocation { event, deadline, trace_id: None }
}
