//! The process itself: its clock, and the notice of its end. What it is told when it begins is in `environment`.

mod clock;
mod shutdown;

pub use clock::SystemClock;
pub use shutdown::on_shutdown;
