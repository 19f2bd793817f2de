//! Which client calls: its API key and usage plan
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>).
//!
//! A key is looked up by its value's keyed digest and remembered for a while, and so is that there is none. How many look-ups an
//! instance makes for keys that it does not know is bounded, so that a flood of random keys is no flood of reads. What is known of
//! a plan is looked at again within the life of a lease.

mod known;

use std::sync::Arc;

use gatelet_model::rest::ApiKeySource;
use http::HeaderMap;

pub use known::{Client, Clients};

use crate::payload::headers::last_value;
use crate::ports::{Arrival, Clock, Counters, Credentials, Key, Memory, PortError, World};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::stages::locate::Located;

/// The header in which a key comes.
const API_KEY_HEADER: &str = "x-api-key";
/// The longest value that is looked up
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
const VALUE_BYTES_MAX: usize = *gatelet_model::limits::API_KEY_CHARACTERS.end();

/// What limits of clients need of the world, which is less than all of it.
pub trait ClientPorts: Send + Sync {
    /// Those who know API keys and plans.
    type Credentials: Credentials;
    /// What all instances count together.
    type Counters: Counters;
    /// Time.
    type Clock: Clock;

    /// Those who know API keys and plans.
    fn credentials(&self) -> &Self::Credentials;
    /// What all instances count together.
    fn counters(&self) -> &Self::Counters;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// What this instance remembers between requests.
    fn memory(&self) -> &Memory;
}

impl<W: World> ClientPorts for W {
    type Credentials = W::Credentials;
    type Counters = W::Counters;
    type Clock = W::Clock;

    fn credentials(&self) -> &W::Credentials {
        World::credentials(self)
    }

    fn counters(&self) -> &W::Counters {
        World::counters(self)
    }

    fn clock(&self) -> &W::Clock {
        World::clock(self)
    }

    fn memory(&self) -> &Memory {
        World::memory(self)
    }
}

/// Finds out which client calls a method that asks for a key, and notes it.
///
/// # Errors
/// [`Refusal::InvalidApiKey`] where there is no key, none that is known and enabled, or none whose plan holds the stage;
/// [`Refusal::CredentialsUnavailable`] where that cannot be known; [`Refusal::Throttled`] where too many unknown keys come at a time.
pub async fn client<W: World>(
    world: &W,
    located: &Located,
    arrival: &Arrival,
    source: ApiKeySource,
    headers: &HeaderMap,
    record: &mut Record,
) -> Result<Arc<Client>, Refusal> {
    let value = match source {
        ApiKeySource::Header => last_value(headers, API_KEY_HEADER).map(Box::from),
        ApiKeySource::Authorizer => {
            record.caller().and_then(|caller| caller.usage_identifier_key()).map(Box::<str>::from)
        }
    };
    let Some(value) = value else {
        record.explain(|| match source {
            ApiKeySource::Header => format!("there is no API key in the header `{API_KEY_HEADER}`"),
            ApiKeySource::Authorizer => "the authorizer names no API key (`usageIdentifierKey`)".to_owned(),
        });
        return Err(Refusal::InvalidApiKey);
    };
    let stage = (located.stage.api_id().as_ref(), located.stage.name().as_str());
    let client = of_value(world, stage, &value, arrival, record).await?;
    record.note_client(Arc::clone(&client), value);
    Ok(client)
}

/// The client who has a key's value at a stage, which is named by its API's id and its own name.
///
/// # Errors
/// As [`client`].
pub async fn of_value<P: ClientPorts>(
    ports: &P,
    (api_id, stage): (&str, &str),
    value: &str,
    arrival: &Arrival,
    record: &Record,
) -> Result<Arc<Client>, Refusal> {
    if value.is_empty() || value.len() > VALUE_BYTES_MAX {
        record.explain(|| "what is shown cannot be an API key".to_owned());
        return Err(Refusal::InvalidApiKey);
    }
    let clients = &ports.memory().clients;
    let name = Key::of([api_id.as_bytes(), stage.as_bytes(), value.as_bytes()]);
    let client = match clients.resolved(&name, arrival.now) {
        Some(client) => client,
        None => Box::pin(clients.resolve(ports, arrival, (&name, (api_id, stage)), value, record)).await?,
    };
    record.explain(|| {
        let Client { key, plan, .. } = &*client;
        format!("the API key is `{}` ({}), and the plan `{}` ({})", key.id, key.name, plan.id, plan.name)
    });
    Ok(client)
}

/// Nobody is let in whose key cannot be known.
fn closed(error: &PortError) -> Refusal {
    Refusal::CredentialsUnavailable(error.to_string())
}
