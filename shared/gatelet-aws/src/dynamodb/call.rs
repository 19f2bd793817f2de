//! One call: its time limit, and what its failures mean.

use std::error::Error;
use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use gatelet_core::ports::{Clock, PortError, Timestamp};

/// Why a call failed.
pub(crate) enum Failure<E> {
    /// DynamoDB answered with an error.
    Refused(E),
    /// There was no answer, or none that can be understood.
    Port(PortError),
}

impl<E: ProvideErrorMetadata + Error> Failure<E> {
    /// What the core hears where no answer of DynamoDB's means anything to it.
    pub(crate) fn into_port_error(self, what: &'static str) -> PortError {
        match self {
            Self::Refused(error) => refusal(what, &error),
            Self::Port(error) => error,
        }
    }
}

/// What the core hears of an error that DynamoDB answered with.
pub(super) fn refusal(what: &'static str, error: &(impl ProvideErrorMetadata + Error)) -> PortError {
    let why = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("DynamoDB says {code}: {message}"),
        (Some(code), None) => format!("DynamoDB says {code}"),
        (None, _) => causes(error),
    };
    PortError::Unavailable { what, why }
}

/// Makes a call that ends before its deadline.
pub(crate) async fn within<T, E: Error + 'static>(
    clock: &dyn Clock,
    deadline: Timestamp,
    what: &'static str,
    call: impl Future<Output = Result<T, SdkError<E>>>,
) -> Result<T, Failure<E>> {
    let left = deadline.since(clock.now());
    if left.is_zero() {
        return Err(Failure::Port(PortError::Timeout { what }));
    }
    match tokio::time::timeout(left, call).await {
        Err(_) | Ok(Err(SdkError::TimeoutError(_))) => Err(Failure::Port(PortError::Timeout { what })),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(SdkError::ServiceError(error))) => Err(Failure::Refused(error.into_err())),
        Ok(Err(error)) => Err(Failure::Port(PortError::Unavailable { what, why: causes(&error) })),
    }
}

/// Does work that keeps a processor busy where it holds up no other request.
pub(crate) async fn aside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| PortError::Unavailable { what, why: error.to_string() })
}

/// An error and what caused it, outermost first.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
