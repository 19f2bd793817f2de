//! Requests as futures, polled where they have been woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::outcome::Fate;
use super::random::Random;

/// What a request is judged by.
pub(super) type Judging = Pin<Box<dyn Future<Output = Judged>>>;

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) fate: Fate,
    /// The first day of the quota's period.
    pub(super) day: Option<gatelet_core::limits::Day>,
}

/// A request that waits.
pub(super) struct Task {
    pub(super) judging: Judging,
    pub(super) instance: usize,
    pub(super) incarnation: u32,
    pub(super) arrived: u64,
}

type Ready = Arc<Mutex<Vec<usize>>>;

struct Place {
    position: usize,
    ready: Ready,
}

impl Wake for Place {
    fn wake(self: Arc<Self>) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(self.position);
    }
}

/// All requests that wait.
#[derive(Default)]
pub(super) struct Tasks {
    places: Vec<(Option<Task>, Waker)>,
    free: Vec<usize>,
    ready: Ready,
}

impl Tasks {
    /// Polls a request for the first time; where it has to wait it takes a place, until it is woken.
    pub(super) fn begin(&mut self, mut task: Task) -> Option<(Task, Judged)> {
        let position = self.free.pop().unwrap_or_else(|| {
            let position = self.places.len();
            let place = Place { position, ready: Arc::clone(&self.ready) };
            self.places.push((None, Waker::from(Arc::new(place))));
            position
        });
        let (place, waker) = self.places.get_mut(position)?;
        match task.judging.as_mut().poll(&mut Context::from_waker(waker)) {
            Poll::Ready(judged) => {
                self.free.push(position);
                Some((task, judged))
            }
            Poll::Pending => {
                *place = Some(task);
                None
            }
        }
    }

    /// One of those that have been woken, by chance.
    pub(super) fn woken(&self, random: &mut Random) -> Option<usize> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let position = usize::try_from(random.below(ready.len() as u64)).unwrap_or(0);
        (position < ready.len()).then(|| ready.swap_remove(position))
    }

    /// Wakes one again, later.
    pub(super) fn wake(&self, positions: &[usize]) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(positions);
    }

    /// Whose request waits at a place.
    pub(super) fn instance(&self, position: usize) -> Option<usize> {
        self.places.get(position)?.0.as_ref().map(|task| task.instance)
    }

    /// Polls a request again.
    pub(super) fn poll(&mut self, position: usize) -> Option<(Task, Judged)> {
        let (place, waker) = self.places.get_mut(position)?;
        let task = place.as_mut()?;
        let Poll::Ready(judged) = task.judging.as_mut().poll(&mut Context::from_waker(waker)) else {
            return None;
        };
        let task = place.take()?;
        self.free.push(position);
        Some((task, judged))
    }

    /// Nobody answers the requests of an instance that is gone.
    pub(super) fn forget(&mut self, instance: usize) {
        for (position, (place, _)) in self.places.iter_mut().enumerate() {
            if place.as_ref().is_some_and(|task| task.instance == instance) {
                *place = None;
                self.free.push(position);
            }
        }
    }
}
