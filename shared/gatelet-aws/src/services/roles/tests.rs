#![allow(clippy::unwrap_used, reason = "tests")]
use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/orders";
const HOUR: Duration = Duration::from_secs(3_600);

fn session(key: &str, ends: Moment) -> Session {
    Session { credentials: SigningCredentials::new(key, "b", None, None, "test"), ends }
}

fn no() -> AssumeError {
    AssumeError::Refused("no".to_owned())
}

/// What is known and used, asked for in vain where nothing is.
async fn known(roles: &Roles, now: Moment) -> Option<String> {
    let known = roles.credentials(ROLE, now, || ready(Err(no()))).await;
    known.ok().map(|credentials| credentials.access_key_id().to_owned())
}

/// Lets tasks do what they can do now.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

async fn remembered(ends: impl FnOnce(Moment) -> Moment) -> (Roles, Moment) {
    let (roles, now) = (Roles::default(), Moment::now());
    let ends = ends(now);
    roles.credentials(ROLE, now, || ready(Ok(session("first", ends)))).await.unwrap();
    (roles, now)
}

#[tokio::test]
async fn a_session_is_used_until_the_first_clock_says_that_it_ends() {
    let (roles, now) = remembered(|now| now.after(HOUR)).await;
    let nearly = HOUR - LAST_USE - Duration::from_secs(1);
    assert_eq!(known(&roles, now).await.as_deref(), Some("first"));
    assert_eq!(known(&roles, now.after(nearly)).await.as_deref(), Some("first"));
    // Frozen: the time of day went on alone. And a time of day that was set back lets nothing live longer.
    let woken = Moment { monotonic: now.monotonic, ..now.after(HOUR) };
    let set_back = Moment { time_of_day: now.time_of_day - HOUR, ..now.after(HOUR) };
    for gone in [woken, set_back, now.after(HOUR - LAST_USE)] {
        let (roles, _) = remembered(|_| now.after(HOUR)).await;
        assert_eq!(known(&roles, gone).await, None, "{gone:?}");
    }
}

#[tokio::test]
async fn what_the_token_service_says_counts_more_than_what_was_asked_for() {
    let short = Duration::from_secs(900);
    let (roles, now) = remembered(|now| Moment { monotonic: now.monotonic + HOUR, ..now.after(short) }).await;
    assert_eq!(known(&roles, now.after(short - RENEWAL * 2)).await.as_deref(), Some("first"));
    assert_eq!(known(&roles, now.after(short)).await, None);
}

#[tokio::test]
async fn a_session_is_renewed_before_its_end_and_kept_where_that_fails() {
    let (roles, now) = remembered(|now| now.after(HOUR)).await;
    let asked = AtomicUsize::new(0);
    let renewing = async |now: Moment, answer: Result<Session, AssumeError>| {
        let ask = || {
            asked.fetch_add(1, Ordering::Relaxed);
            ready(answer)
        };
        let credentials = roles.credentials(ROLE, now, ask).await.unwrap();
        settle().await;
        credentials.access_key_id().to_owned()
    };
    let before = now.after(HOUR - RENEWAL - Duration::from_secs(1));
    assert_eq!(renewing(before, Err(no())).await, "first");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let margin = now.after(HOUR - RENEWAL);
    assert_eq!(renewing(margin, Err(no())).await, "first");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let renewed = session("second", margin.after(HOUR));
    assert_eq!(renewing(margin.after(Duration::from_secs(60)), Ok(renewed)).await, "first");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(known(&roles, now.after(HOUR)).await.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_failure_is_believed_for_a_moment() {
    let (roles, asked) = (Roles::default(), AtomicUsize::new(0));
    let now = Moment::now();
    let assume = |now: Moment| {
        roles.credentials(ROLE, now, || {
            asked.fetch_add(1, Ordering::Relaxed);
            ready(Err(no()))
        })
    };
    let (first, second) = tokio::join!(assume(now), assume(now));
    assert_eq!((first.unwrap_err(), second.unwrap_err()), (no(), no()));
    assume(now).await.unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assume(now.after(HOUR)).await.unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_was_asked_outlives_who_asked() {
    let (roles, now) = (Roles::default(), Moment::now());
    let (answer, answered) = oneshot::channel();
    let asking = roles.credentials(ROLE, now, || async { answered.await.unwrap() });
    // Out of time before the answer.
    tokio::select! {
        biased;
        _ = asking => unreachable!("nothing is answered yet"),
        () = settle() => {}
    }
    let waiting = roles.credentials(ROLE, now, || ready(Err(no())));
    let (credentials, ()) = tokio::join!(waiting, async {
        settle().await;
        answer.send(Ok(session("first", now.after(HOUR)))).ok().unwrap();
    });
    assert_eq!(credentials.unwrap().access_key_id(), "first");
    assert_eq!(known(&roles, now).await.as_deref(), Some("first"));
}

#[tokio::test]
async fn after_a_freeze_nobody_waits_for_what_was_asked_before() {
    let (roles, now) = (Roles::default(), Moment::now());
    let asking = roles.credentials(ROLE, now, pending);
    tokio::select! {
        biased;
        _ = asking => unreachable!("nobody answers"),
        () = settle() => {}
    }
    roles.forget_asking();
    let ask = || ready(Ok(session("second", now.after(HOUR))));
    assert_eq!(roles.credentials(ROLE, now, ask).await.unwrap().access_key_id(), "second");
}

#[tokio::test]
async fn asking_ends_by_itself() {
    let limit = Duration::from_millis(1);
    let roles = Roles { asking_max: limit, ..Roles::default() };
    let failure = roles.credentials(ROLE, Moment::now(), pending).await.unwrap_err();
    assert_eq!(failure, AssumeError::Unreachable(BackendError::Timeout(limit)));
}
