//! A strict reader before hyper's: what two readers of an HTTP/1 request could understand differently never reaches
//! it, nor any backend (<https://github.com/aws/http-desync-guardian>, whose tiers are AWS's load balancers' own:
//! severe and ambiguous requests are answered 400 and their connection is closed, acceptable ones are forwarded in
//! plain form).
//!
//! The gate takes in bytes as they come from the client, and gives out bytes that hyper may read: heads in plain
//! form, bodies as they are. A request that is refused is given out as a harmless stand-in, for which the gateway
//! answers with the refusal; nothing is read after it.

mod chunks;
mod head;

use bytes::{Buf, BytesMut};
use gatelet_core::payload::HeaderNames;
use gatelet_core::refusal::Refusal;

use super::limits::{HEAD_BYTES_READ_MAX, URL_BYTES_MAX};
use chunks::Chunks;
use head::{Framing, Judged};

/// What an HTTP/2 connection begins with (<https://www.rfc-editor.org/rfc/rfc9113#section-3.4>).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much is taken in at once.
pub(super) const READ_BYTES: usize = 16 * 1024;

/// The gate of one connection.
#[derive(Debug)]
pub(super) struct Gate {
    taken: BytesMut,
    given: BytesMut,
    state: State,
    /// Heads that were given out.
    heads: u64,
    /// How much of `taken` is known to hold no end of a head.
    scanned: usize,
}

#[derive(Debug)]
enum State {
    /// Nothing is known of the connection yet.
    Beginning,
    /// HTTP/2 frames its messages in one way only.
    Http2,
    /// A head is awaited.
    Head,
    /// So many bytes of a body are to come.
    Length(u64),
    /// A body in chunks.
    Chunked(Chunks),
    /// A request was refused.
    Refused,
}

/// What the gate has to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More bytes are needed.
    Need,
    /// Bytes are ready to be given out.
    Give,
    /// The head of the request of this number, from 0, is ready to be given out; its client spelled the names of its
    /// headers so.
    Head(u64, HeaderNames),
    /// The request of this number, from 0, is refused; its stand-in is ready to be given out.
    Refuse(u64, Refusal),
    /// The body is not in chunks as it should be: the connection cannot be read any further.
    Broken,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { taken: BytesMut::new(), given: BytesMut::new(), state: State::Beginning, heads: 0, scanned: 0 }
    }

    /// Whether bytes need not pass the gate any more.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Http2) && self.taken.is_empty() && self.given.is_empty()
    }

    /// Whether a head has begun to come.
    pub(super) fn is_within_head(&self) -> bool {
        matches!(self.state, State::Head | State::Beginning) && !self.taken.is_empty()
    }

    /// Whether the client may still be sending what nobody reads any more.
    pub(super) fn is_within_body(&self) -> bool {
        matches!(self.state, State::Length(_) | State::Chunked(_) | State::Refused) || !self.taken.is_empty()
    }

    /// Takes in bytes as they come.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Refused) {
            self.taken.extend_from_slice(bytes);
        }
    }

    /// Bytes that are ready to be given out.
    pub(super) const fn given(&mut self) -> &mut BytesMut {
        &mut self.given
    }

    /// Throws away what was taken in: nobody will read it.
    pub(super) fn forget(&mut self) {
        self.taken.clear();
    }

    /// Works on what was taken in, until bytes are ready or more are needed.
    pub(super) fn step(&mut self) -> Step {
        loop {
            if !self.given.is_empty() {
                return Step::Give;
            }
            if self.taken.is_empty() {
                return Step::Need;
            }
            match &mut self.state {
                State::Beginning => match preface(&self.taken) {
                    Some(true) => self.state = State::Http2,
                    Some(false) => self.state = State::Head,
                    None => return Step::Need,
                },
                State::Http2 => std::mem::swap(&mut self.given, &mut self.taken),
                State::Head => {
                    if let Some(step) = self.head() {
                        return step;
                    }
                }
                State::Length(left) => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(self.taken.len());
                    *left -= length as u64;
                    if *left == 0 {
                        self.state = State::Head;
                    }
                    self.given = self.taken.split_to(length);
                }
                State::Chunked(chunks) => {
                    let Ok((length, ended)) = chunks.pass(&self.taken) else { return Step::Broken };
                    if ended {
                        self.state = State::Head;
                    }
                    self.given = self.taken.split_to(length);
                }
                State::Refused => self.taken.clear(),
            }
        }
    }

    /// Judges a head, once it is there whole; nothing where only empty lines were there.
    fn head(&mut self) -> Option<Step> {
        // Empty lines before a request are passed over (RFC 9112, section 2.2).
        while self.taken.starts_with(b"\r\n") {
            self.taken.advance(2);
            self.scanned = 0;
        }
        if self.taken.is_empty() {
            return None;
        }
        let Some(length) = head::length(&self.taken, &mut self.scanned) else {
            if self.taken.len() <= HEAD_BYTES_READ_MAX {
                return Some(Step::Need);
            }
            let is_line = self.taken.iter().take(URL_BYTES_MAX).any(|byte| *byte == b'\n');
            let refusal = if is_line { Refusal::HeadersTooLarge } else { Refusal::UriTooLong };
            return Some(self.refuse(refusal, &head::stand_in(b"")));
        };
        self.scanned = 0;
        let taken = self.taken.split_to(length);
        match head::judge(&taken) {
            Judged::Pass { head, framing, names } => {
                self.given.extend_from_slice(&head);
                let number = self.heads;
                self.heads += 1;
                self.state = match framing {
                    Framing::None | Framing::Length(0) => State::Head,
                    Framing::Length(length) => State::Length(length),
                    Framing::Chunked => State::Chunked(Chunks::new()),
                };
                Some(Step::Head(number, names))
            }
            Judged::Refuse(refusal) => Some(self.refuse(refusal, &head::stand_in(&taken))),
        }
    }

    fn refuse(&mut self, refusal: Refusal, stand_in: &[u8]) -> Step {
        self.given.extend_from_slice(stand_in);
        self.taken.clear();
        self.state = State::Refused;
        Step::Refuse(self.heads, refusal)
    }
}

/// Whether a connection begins as HTTP/2; nothing where that cannot be told yet.
fn preface(taken: &[u8]) -> Option<bool> {
    match (taken.starts_with(HTTP2_PREFACE), HTTP2_PREFACE.starts_with(taken)) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

#[cfg(test)]
mod tests;
