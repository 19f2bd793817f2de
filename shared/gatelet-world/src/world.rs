//! All ports in memory together.

use gatelet_core::Timestamp;
use gatelet_core::ports::World;

use crate::{MemoryBackends, MemoryDefinitions, VirtualClock};

/// All ports in memory together.
#[derive(Debug)]
pub struct MemoryWorld {
    /// What is deployed.
    pub definitions: MemoryDefinitions,
    /// Backends by script.
    pub backends: MemoryBackends,
    /// Time by hand.
    pub clock: VirtualClock,
}

impl MemoryWorld {
    /// A world with nothing deployed, whose clock shows this moment.
    #[must_use]
    pub fn at(now: Timestamp, backends: MemoryBackends) -> Self {
        Self { definitions: MemoryDefinitions::default(), backends, clock: VirtualClock::at(now) }
    }
}

impl World for MemoryWorld {
    type Definitions = MemoryDefinitions;
    type Backends = MemoryBackends;
    type Clock = VirtualClock;

    fn definitions(&self) -> &MemoryDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &MemoryBackends {
        &self.backends
    }

    fn clock(&self) -> &VirtualClock {
        &self.clock
    }
}
