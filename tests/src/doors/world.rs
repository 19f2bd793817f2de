//! A world in memory that a test keeps a hand on while somebody serves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelet_core::ports::{Memory, World};
use gatelet_world::{
    MemoryBackends, MemoryCounters, MemoryCredentials, MemoryDecisions, MemoryDefinitions, MemoryFunctions,
    MemoryIdentityProviders, MemoryServices, MemoryWorld, VirtualClock,
};
use router::Ports;

/// A world in memory that a test keeps a hand on while somebody serves it.
#[derive(Clone)]
pub struct SharedWorld {
    /// The world.
    pub world: Arc<MemoryWorld>,
    forgotten: Arc<AtomicUsize>,
}

impl SharedWorld {
    /// Shares a world.
    #[must_use]
    pub fn new(world: MemoryWorld) -> Self {
        Self { world: Arc::new(world), forgotten: Arc::default() }
    }

    /// How often its connections were to be forgotten.
    #[must_use]
    pub fn forgotten(&self) -> usize {
        self.forgotten.load(Ordering::Relaxed)
    }
}

impl World for SharedWorld {
    type Definitions = MemoryDefinitions;
    type Backends = MemoryBackends;
    type Functions = MemoryFunctions;
    type Services = MemoryServices;
    type IdentityProviders = MemoryIdentityProviders;
    type Credentials = MemoryCredentials;
    type Decisions = MemoryDecisions;
    type Counters = MemoryCounters;
    type Clock = VirtualClock;

    fn definitions(&self) -> &MemoryDefinitions {
        &self.world.definitions
    }

    fn backends(&self) -> &MemoryBackends {
        &self.world.backends
    }

    fn functions(&self) -> &MemoryFunctions {
        &self.world.functions
    }

    fn services(&self) -> &MemoryServices {
        &self.world.services
    }

    fn identity_providers(&self) -> &MemoryIdentityProviders {
        &self.world.identity_providers
    }

    fn credentials(&self) -> &MemoryCredentials {
        &self.world.credentials
    }

    fn decisions(&self) -> &MemoryDecisions {
        &self.world.decisions
    }

    fn counters(&self) -> &MemoryCounters {
        &self.world.counters
    }

    fn clock(&self) -> &VirtualClock {
        &self.world.clock
    }

    fn memory(&self) -> &Memory {
        &self.world.memory
    }
}

impl Ports for SharedWorld {
    fn forget_connections(&self) {
        self.forgotten.fetch_add(1, Ordering::Relaxed);
    }
}
