//! How a bench is measured and shown: time, instructions (callgrind) and allocations as rows of one table, calls over
//! the network as rows of another, programs beside each other in a third.
//!
//! What is measured stands in `benches/gateway` and `benches/cold`; nothing of the gateway lives here. This crate brings an allocator that
//! counts, so nothing else may depend on it.

mod callgrind;
mod calls;
mod command;
mod measure;
mod programs;
mod readme;
mod table;

pub use calls::{AT_A_TIME, CallRow, Calls};
pub use command::{run, run_programs, run_simulated};
pub use programs::{Figure, Limit, ProgramRow, Programs};

/// What was simulated.
#[derive(Debug)]
pub struct Simulated {
    /// The table, and what is said below it.
    pub table: String,
    /// What is not as it must be.
    pub problems: Vec<String>,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is done once, as the table says it.
    pub name: &'static str,
    /// What it may cost.
    pub budget: Budget,
    /// Makes everything ready that is not measured.
    pub prepare: fn() -> Work,
}

/// What a row may cost in release on one core; a row that costs more fails the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// The time of one run.
    pub nanoseconds: Option<u64>,
    /// The allocations of one run.
    pub allocations: Option<u64>,
}

impl Budget {
    /// No budget.
    pub const NONE: Self = Self { nanoseconds: None, allocations: None };
}

/// What is measured, made ready.
pub struct Work {
    /// Does it once. The result must go through [`std::hint::black_box`].
    pub run: Box<dyn FnMut()>,
    /// How many steps the longest run takes, where steps can be counted.
    pub steps: Option<u32>,
}

impl Work {
    /// Work whose steps are not counted.
    pub fn new(run: impl FnMut() + 'static) -> Self {
        Self { run: Box::new(run), steps: None }
    }

    /// The same work, with its steps.
    #[must_use]
    pub fn with_steps(self, steps: u32) -> Self {
        Self { steps: Some(steps), ..self }
    }
}

/// What a row was found to cost, each for one run.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Figures {
    nanoseconds: f64,
    steps: Option<u32>,
    instructions: Option<u64>,
    allocations: u64,
    allocated_bytes: u64,
}
