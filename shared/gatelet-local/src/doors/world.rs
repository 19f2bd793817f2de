//! The ports of one machine.

use std::sync::Arc;

use gatelet_aws::backends::HttpBackends;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::functions::LambdaFunctions;
use gatelet_core::ports::World;

/// The world of one machine: definitions from the store, backends over HTTP, functions over Lambda's API,
/// the machine's clock.
pub struct LocalWorld {
    definitions: Arc<DynamoDefinitions>,
    backends: HttpBackends,
    functions: LambdaFunctions,
    clock: SystemClock,
}

impl LocalWorld {
    /// Puts the ports together.
    #[must_use]
    pub const fn new(
        definitions: Arc<DynamoDefinitions>,
        backends: HttpBackends,
        functions: LambdaFunctions,
        clock: SystemClock,
    ) -> Self {
        Self { definitions, backends, functions, clock }
    }
}

impl World for LocalWorld {
    type Definitions = DynamoDefinitions;
    type Backends = HttpBackends;
    type Functions = LambdaFunctions;
    type Clock = SystemClock;

    fn definitions(&self) -> &DynamoDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &HttpBackends {
        &self.backends
    }

    fn functions(&self) -> &LambdaFunctions {
        &self.functions
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}
