//! All ports in memory together.

use gatelet_core::Timestamp;
use gatelet_core::ports::{Memory, World};

use crate::{
    MemoryBackends, MemoryCounters, MemoryCredentials, MemoryDecisions, MemoryDefinitions, MemoryFunctions,
    MemoryIdentityProviders, MemoryServices, VirtualClock,
};

/// All ports in memory together.
#[derive(Debug)]
pub struct MemoryWorld {
    /// What is deployed.
    pub definitions: MemoryDefinitions,
    /// Backends by script.
    pub backends: MemoryBackends,
    /// Functions by script; none at first.
    pub functions: MemoryFunctions,
    /// AWS's services by script; nobody may call any at first.
    pub services: MemoryServices,
    /// Identity providers by script; none at first.
    pub identity_providers: MemoryIdentityProviders,
    /// Access keys; none at first.
    pub credentials: MemoryCredentials,
    /// What authorizers decided; not shared at first.
    pub decisions: MemoryDecisions,
    /// What all instances count; this one is alone at first.
    pub counters: MemoryCounters,
    /// Time by hand.
    pub clock: VirtualClock,
    /// What the instance remembers.
    pub memory: Memory,
}

impl MemoryWorld {
    /// A world with nothing deployed, whose clock shows this moment.
    #[must_use]
    pub fn at(now: Timestamp, backends: MemoryBackends) -> Self {
        Self {
            definitions: MemoryDefinitions::default(),
            backends,
            functions: MemoryFunctions::default(),
            services: MemoryServices::default(),
            identity_providers: MemoryIdentityProviders::default(),
            credentials: MemoryCredentials::default(),
            decisions: MemoryDecisions::default(),
            counters: MemoryCounters::default(),
            clock: VirtualClock::at(now),
            memory: Memory::default(),
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
    type Services = MemoryServices;
    type IdentityProviders = MemoryIdentityProviders;
    type Credentials = MemoryCredentials;
    type Decisions = MemoryDecisions;
    type Counters = MemoryCounters;
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

    fn services(&self) -> &MemoryServices {
        &self.services
    }

    fn identity_providers(&self) -> &MemoryIdentityProviders {
        &self.identity_providers
    }

    fn credentials(&self) -> &MemoryCredentials {
        &self.credentials
    }

    fn decisions(&self) -> &MemoryDecisions {
        &self.decisions
    }

    fn counters(&self) -> &MemoryCounters {
        &self.counters
    }

    fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
