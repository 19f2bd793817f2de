//! Lambda's Runtime API for one router, and Lambda's own API for the function behind it: events as fast as they are answered
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gatelet_tests::backend::{Backend, Connection, answers};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// How many refusals in succession end a router's load.
const REFUSED_IN_SUCCESSION: usize = 20;

/// What all routers together have done.
#[derive(Debug, Default)]
pub(crate) struct Together {
    /// Calls of the function behind them: what was let through.
    pub(crate) invoked: AtomicUsize,
    /// Everything else than 200 and 429.
    pub(crate) other: AtomicUsize,
    pub(crate) changed: Notify,
}

/// The load of one router.
#[derive(Debug)]
pub(crate) struct Load {
    event: String,
    /// How many events it is given, where not refusals end it.
    events_max: usize,
    ends_when_refused: bool,
    given: AtomicUsize,
    answered: AtomicUsize,
    refused_in_succession: AtomicUsize,
    ended: AtomicBool,
    together: Arc<Together>,
}

impl Load {
    /// So many events.
    pub(crate) fn of(event: &str, events: usize, together: &Arc<Together>) -> Arc<Self> {
        Arc::new(Self::new(event, events, false, together))
    }

    /// Events until many in succession are refused.
    pub(crate) fn until_refused(event: &str, together: &Arc<Together>) -> Arc<Self> {
        Arc::new(Self::new(event, usize::MAX, true, together))
    }

    fn new(event: &str, events_max: usize, ends_when_refused: bool, together: &Arc<Together>) -> Self {
        Self {
            event: event.to_owned(),
            events_max,
            ends_when_refused,
            given: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            refused_in_succession: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            together: Arc::clone(together),
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// The next event, unless there is no more.
    fn next(&self) -> Option<usize> {
        let number = self.given.fetch_add(1, Ordering::SeqCst);
        (number < self.events_max && !self.has_ended()).then_some(number)
    }

    fn answer(&self, answer: &Value) {
        let answered = self.answered.fetch_add(1, Ordering::SeqCst) + 1;
        let refused = match answer["statusCode"].as_u64() {
            Some(200) => false,
            Some(429) => true,
            _ => {
                println!("{answer}");
                self.together.other.fetch_add(1, Ordering::SeqCst);
                false
            }
        };
        let in_succession = match refused {
            true => self.refused_in_succession.fetch_add(1, Ordering::SeqCst) + 1,
            false => {
                self.refused_in_succession.store(0, Ordering::SeqCst);
                0
            }
        };
        let is_refused = self.ends_when_refused && in_succession >= REFUSED_IN_SUCCESSION;
        if answered >= self.events_max || is_refused {
            self.ended.store(true, Ordering::SeqCst);
        }
        self.together.changed.notify_waiters();
    }
}

/// Both APIs, on one port.
pub(crate) async fn start(load: Arc<Load>) -> Backend {
    Backend::start(move |mut connection: Connection| {
        let load = Arc::clone(&load);
        async move {
            while let Some(head) = connection.head().await? {
                let body = connection.body(&head).await?;
                let target = head.target.as_str();
                let (head, body) = if target.ends_with("/invocation/next") {
                    let Some(number) = load.next() else {
                        connection.until_closed().await;
                        return Ok(());
                    };
                    (answers::invocation_head(number), load.event.clone())
                } else if target.ends_with("/extension/register") {
                    ("Lambda-Extension-Identifier: 1\r\n".to_owned(), "{}".to_owned())
                } else if target.ends_with("/extension/event/next") {
                    connection.until_closed().await;
                    return Ok(());
                } else if target.ends_with("/response") {
                    load.answer(&serde_json::from_slice(&body).unwrap_or_default());
                    (String::new(), "{}".to_owned())
                } else {
                    assert!(target.ends_with("/invocations"), "{target}");
                    load.together.invoked.fetch_add(1, Ordering::SeqCst);
                    (String::new(), json!({"statusCode": 200, "body": "ok"}).to_string())
                };
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\n\r\n");
                connection.send(format!("{head}{body}")).await?;
            }
            Ok(())
        }
    })
    .await
}
