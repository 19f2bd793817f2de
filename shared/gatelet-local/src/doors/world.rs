//! The ports of one machine.

use std::sync::Arc;

use gatelet_aws::backends::HttpBackends;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_core::ports::World;

/// The world of one machine: definitions from the store, backends over HTTP, the machine's clock.
pub struct LocalWorld {
    definitions: Arc<DynamoDefinitions>,
    backends: HttpBackends,
    clock: SystemClock,
}

impl LocalWorld {
    /// Puts the ports together.
    #[must_use]
    pub const fn new(
        definitions: Arc<DynamoDefinitions>,
        backends: HttpBackends,
        clock: SystemClock,
    ) -> Self {
        Self { definitions, backends, clock }
    }
}

impl World for LocalWorld {
    type Definitions = DynamoDefinitions;
    type Backends = HttpBackends;
    type Clock = SystemClock;

    fn definitions(&self) -> &DynamoDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &HttpBackends {
        &self.backends
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}
