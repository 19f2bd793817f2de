//! The process itself: its clock, its pauses, and the notice of its end. What it is told when it begins is in `environment`.

mod clock;
mod pause;
mod shutdown;

pub use clock::SystemClock;
pub use pause::{Pause, UnderWay};
pub use shutdown::on_shutdown;
