//! What the authorizer has of the world: issuers of tokens, time, and what it remembers.

use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::environment::Environment;
use gatelet_aws::process::{Pause, SystemClock, UnderWay};
use gatelet_core::authorizers::jwt::TokenPorts;
use gatelet_core::ports::Memory;

/// The ports of a function. Nothing is connected before an issuer is asked.
pub struct AuthorizerPorts {
    identity_providers: HttpIdentityProviders,
    clock: SystemClock,
    memory: Memory,
    pause: Pause,
}

impl AuthorizerPorts {
    /// The ports as the environment says.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self {
            identity_providers: HttpIdentityProviders::new(ProviderSettings::of(environment)),
            clock: SystemClock::new(),
            memory: Memory::default(),
            pause: Pause::default(),
        }
    }

    /// An event comes, which is under way until what this returns is dropped. Uses none of the connections made before where
    /// nothing was under way for longer than they are trusted.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        let under_way = self.pause.begin(&self.clock);
        if under_way.is_first_after_pause {
            self.identity_providers.forget_connections();
        }
        under_way
    }
}

impl TokenPorts for AuthorizerPorts {
    type IdentityProviders = HttpIdentityProviders;
    type Clock = SystemClock;

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.identity_providers
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
