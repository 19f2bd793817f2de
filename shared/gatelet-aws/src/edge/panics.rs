//! A fault in one request is that request's alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs a future to its end, or to nothing where it panics.
pub async fn unless_panicking<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::unless_panicking;

    fn polled<T>(future: impl Future<Output = T>) -> Poll<Option<T>> {
        pin!(unless_panicking(future)).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_panic_is_nothing_and_everything_else_passes() {
        assert_eq!(polled(async { 1 }), Poll::Ready(Some(1)));
        assert_eq!(polled(std::future::pending::<u8>()), Poll::Pending);
        assert_eq!(polled(async { panic!("of one request") as u8 }), Poll::Ready(None));
    }
}
