//! Who asks for many.

use std::sync::{Mutex, PoisonError};

use futures_channel::oneshot::{self, Receiver, Sender};

/// Lets one request at a time ask for what others wait for, too.
#[derive(Debug, Default)]
pub struct Turn(Mutex<Option<Vec<Sender<()>>>>);

/// It is the holder's turn; dropped, it wakes all who wait.
#[derive(Debug)]
pub struct Entered<'a>(&'a Turn);

impl Turn {
    /// Takes the turn, or a place among those who are woken at its end.
    ///
    /// # Errors
    /// What is to be waited for, where it is another's turn.
    pub fn enter(&self) -> Result<Entered<'_>, Receiver<()>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(waiting) => {
                let (sender, receiver) = oneshot::channel();
                waiting.push(sender);
                Err(receiver)
            }
            None => {
                *waiting = Some(Vec::new());
                Ok(Entered(self))
            }
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        for sender in waiting.into_iter().flatten() {
            // Whoever has gone needs nothing any more.
            let _ = sender.send(());
        }
    }
}
