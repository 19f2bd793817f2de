//! The strict reader before hyper: whatever a client sends, in whatever pieces, the same bytes reach hyper, and what
//! has reached it reads the same when it is sent again.

#![no_main]

#[allow(dead_code, reason = "the server uses more of the gate than the target does")]
mod server;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| server::check(input.1, usize::from(input.0) + 1));
