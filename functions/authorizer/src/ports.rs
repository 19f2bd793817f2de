//! What the authorizer has of the world: issuers of tokens, time, and what it remembers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::environment::Environment;
use gatelet_aws::process::SystemClock;
use gatelet_core::authorizers::jwt::TokenPorts;
use gatelet_core::ports::{Clock, Memory};

/// After which pause pooled connections are not trusted: the function may have been frozen, and most servers close a connection
/// that is idle for longer. Time of day tells, because a frozen function's own timers stand still.
const TRUSTED_PAUSE: Duration = Duration::from_secs(4);

/// The ports of a function. Nothing is connected before an issuer is asked.
pub struct AuthorizerPorts {
    identity_providers: HttpIdentityProviders,
    clock: SystemClock,
    memory: Memory,
    /// When it was asked last, in milliseconds since 1970.
    asked: AtomicU64,
}

impl AuthorizerPorts {
    /// The ports as the environment says.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self {
            identity_providers: HttpIdentityProviders::new(ProviderSettings::of(environment)),
            clock: SystemClock::new(),
            memory: Memory::default(),
            asked: AtomicU64::new(0),
        }
    }

    /// Uses none of the connections made before where nothing was asked for longer than they are trusted.
    pub(crate) fn begin(&self) {
        let now = self.clock.now().milliseconds();
        let before = self.asked.swap(now, Ordering::AcqRel);
        if u128::from(now.saturating_sub(before)) > TRUSTED_PAUSE.as_millis() {
            self.identity_providers.forget_connections();
        }
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
