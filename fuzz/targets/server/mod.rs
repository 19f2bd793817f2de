//! The local server's gate by itself: it is private to `gatelet-local`, whose embedded store is far too much to
//! build for fuzzing.

#[path = "../../../shared/gatelet-local/src/server/desync/mod.rs"]
mod desync;
#[path = "../../../shared/gatelet-local/src/server/limits.rs"]
mod limits;

use desync::{Gate, Step};

pub(crate) fn check(bytes: &[u8], piece: usize) {
    let (whole, ended) = passed(bytes, usize::MAX);
    assert_eq!(passed(bytes, piece), (whole.clone(), ended), "in pieces of {piece} it is another request");
    if ended == Ended::Open {
        assert_eq!(passed(&whole, usize::MAX), (whole, Ended::Open), "plain form is not a fixed point");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Open,
    Refused(u64),
    Broken,
}

fn passed(bytes: &[u8], piece: usize) -> (Vec<u8>, Ended) {
    let mut gate = Gate::new();
    let mut given = Vec::new();
    for piece in bytes.chunks(piece) {
        gate.take(piece);
        loop {
            let step = gate.step();
            given.extend_from_slice(gate.given());
            gate.given().clear();
            match step {
                Step::Give | Step::Head(..) => {}
                Step::Need => break,
                Step::Refuse(number, _) => return (given, Ended::Refused(number)),
                // How much of a broken body went through before is a matter of the pieces.
                Step::Broken => return (Vec::new(), Ended::Broken),
            }
        }
    }
    (given, Ended::Open)
}
