//! All ports in memory together.

use gatelet_core::Timestamp;
use gatelet_core::ports::World;

use crate::{MemoryBackends, MemoryDefinitions, MemoryFunctions, VirtualClock};

/// All ports in memory together.
#[derive(Debug)]
pub struct MemoryWorld {
    /// What is deployed.
    pub definitions: MemoryDefinitions,
    /// Backends by script.
    pub backends: MemoryBackends,
    /// Functions by script; none at first.
    pub functions: MemoryFunctions,
    /// Time by hand.
    pub clock: VirtualClock,
}

impl MemoryWorld {
    /// A world with nothing deployed, whose clock shows this moment.
    #[must_use]
    pub fn at(now: Timestamp, backends: MemoryBackends) -> Self {
        Self {
            definitions: MemoryDefinitions::default(),
            backends,
            functions: MemoryFunctions::default(),
            clock: VirtualClock::at(now),
        }
    }

    /// The same world with these functions.
    #[must_use]
    pub fn with_functions(self, functions: MemoryFunctions) -> Self {
        Self { functions, ..self }
    }
}

impl World for MemoryWorld {
    type Definitions = MemoryDefinitions;
    type Backends = MemoryBackends;
    type Functions = MemoryFunctions;
    type Clock = VirtualClock;

    fn definitions(&self) -> &MemoryDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &MemoryBackends {
        &self.backends
    }

    fn functions(&self) -> &MemoryFunctions {
        &self.functions
    }

    fn clock(&self) -> &VirtualClock {
        &self.clock
    }
}
