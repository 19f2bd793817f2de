//! An issuer's keys: found, fetched, kept, and fetched again.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::defect::Defect;
use super::key_set::{KEY_SET_BYTES_MAX, KeySet};
use super::verifier::TokenPorts;
use crate::memory::{Fetched, Key, Weight};
use crate::ports::{Arrival, Timestamp};
use crate::ports::{Clock as _, IdentityProviders as _, PortError};
use crate::record::Record;

/// How long each of the two documents may take
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>).
const DOCUMENT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// After how long keys are fetched again
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-keys.html>).
const KEYS_FRESH: Duration = Duration::from_hours(1);
/// How long keys are used where they cannot be fetched again; AWS keeps those of HTTP APIs for as long.
pub(super) const KEYS_KEPT: Duration = Duration::from_hours(2);
/// How long nothing is fetched from an issuer after a try, good or bad: what a flood of unknown key ids costs it.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How often in succession those who ask may leave before an issuer answered, and the next asks it at once.
const LEFT_MAX: u32 = 3;
/// How long nothing is fetched from an issuer after yet another has left: what a flood of such costs it.
const RETRY_AFTER_LEAVING: Duration = Duration::from_secs(1);
/// Where an issuer's discovery document is
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest>).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What is known of an issuer's keys, and since when.
#[derive(Debug)]
pub struct IssuerKeys {
    /// The keys, and when they were fetched.
    keys: Option<(Arc<KeySet>, Timestamp)>,
    /// When they were asked for last.
    tried: Timestamp,
    /// How long nobody asks again after that.
    pause: Duration,
    /// How many in succession have left before the issuer answered.
    left: u32,
    /// Why that brought none.
    failure: Option<Failure>,
}

/// Why an issuer's keys could not be had.
#[derive(Debug, Clone)]
struct Failure {
    defect: Defect,
    why: String,
}

#[derive(Deserialize)]
struct DiscoveryDocument {
    issuer: String,
    jwks_uri: String,
}

/// An issuer whose tokens an authorizer takes.
#[derive(Debug)]
pub(super) struct Issuer {
    /// Its name, as in `iss`.
    pub(super) name: Box<str>,
    /// Where its keys are, where that needs no discovery.
    key_set_url: Option<Box<str>>,
}

/// Keys that a token may be signed with, and until when they count.
#[derive(Debug)]
pub(super) struct UsableKeys {
    pub(super) set: Arc<KeySet>,
    pub(super) until: Timestamp,
}

impl IssuerKeys {
    /// The keys, unless they are too old.
    fn usable(&self, now: Timestamp) -> Option<UsableKeys> {
        let (set, fetched) = self.keys.as_ref()?;
        let until = fetched.after(KEYS_KEPT);
        (now < until).then(|| UsableKeys { set: Arc::clone(set), until })
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        self.keys
            .as_ref()
            .is_some_and(|(_, fetched)| now.since(*fetched) < KEYS_FRESH && fetched.since(now) < KEYS_FRESH)
    }

    /// Either way, so that a clock that was set back does not make the pause longer than about twice.
    fn may_be_tried(&self, now: Timestamp) -> bool {
        now.since(self.tried) >= self.pause || self.tried.since(now) > self.pause
    }
}

impl Weight for IssuerKeys {
    fn bytes(&self) -> usize {
        let keys = self.keys.as_ref().map_or(0, |(set, _)| set.bytes());
        size_of::<Self>() + keys + self.failure.as_ref().map_or(0, |failure| failure.why.len())
    }
}

/// A try to fetch an issuer's keys. Whoever knows its key need not wait for its end; dropped before that, it leaves others
/// the chance to try soon.
struct Try<'w, W: TokenPorts> {
    world: &'w W,
    /// Where the keys are kept.
    name: Key,
    begun: Timestamp,
    keys: Option<(Arc<KeySet>, Timestamp)>,
    left: u32,
    has_ended: bool,
}

impl<'w, W: TokenPorts> Try<'w, W> {
    fn begin(world: &'w W, name: Key, before: Option<&IssuerKeys>, now: Timestamp) -> Self {
        let keys = before.and_then(|before| before.keys.clone());
        let left = before.map_or(0, |before| before.left);
        let own = Self { world, name, begun: now, keys, left, has_ended: false };
        let failure = before.and_then(|before| before.failure.clone());
        own.keep(IssuerKeys { keys: own.keys.clone(), tried: now, pause: RETRY_AFTER, left, failure });
        own
    }

    fn end(mut self, fetched: Result<KeySet, Failure>) -> Arc<IssuerKeys> {
        self.has_ended = true;
        let (keys, failure) = match fetched {
            Ok(set) => (Some((Arc::new(set), self.begun)), None),
            Err(failure) => (self.keys.take(), Some(failure)),
        };
        self.keep(IssuerKeys { keys, tried: self.begun, pause: RETRY_AFTER, left: 0, failure })
    }

    fn keep(&self, keys: IssuerKeys) -> Arc<IssuerKeys> {
        let keys = Arc::new(keys);
        let kept = self.world.memory().key_sets.kept();
        kept.put(self.name, Arc::clone(&keys), keys.tried.after(KEYS_KEPT));
        keys
    }
}

impl<W: TokenPorts> Drop for Try<'_, W> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let left = self.left.saturating_add(1);
        let why = "whoever asked for them left before they came";
        let keys = self.keys.take();
        self.keep(IssuerKeys {
            keys,
            tried: self.world.clock().now(),
            pause: if left <= LEFT_MAX { Duration::ZERO } else { RETRY_AFTER_LEAVING },
            left,
            failure: Some(Failure { defect: Defect::Keys, why: why.to_owned() }),
        });
    }
}

impl Issuer {
    /// An issuer whose discovery document tells where its keys are.
    pub(super) fn discovered(name: &str) -> Self {
        Self { name: name.into(), key_set_url: None }
    }

    /// An issuer whose keys are at a known place.
    pub(super) fn known(name: &str, key_set_url: &str) -> Self {
        Self { name: name.into(), key_set_url: Some(key_set_url.into()) }
    }

    /// The keys of the issuer, to verify a token that names one of them.
    ///
    /// They are fetched where there are none, or where they are old or lack that one, by one request at a time; never again
    /// within half a minute, unless the one who asked left before the answer.
    pub(super) async fn keys<W: TokenPorts>(
        &self,
        world: &W,
        arrival: &Arrival,
        record: &Record,
        key_id: &str,
    ) -> Result<UsableKeys, Defect> {
        // Not when the request arrived: others may have asked meanwhile.
        let now = world.clock().now();
        let memory = &world.memory().key_sets;
        let name = Key::of([self.name.as_bytes()]);
        let known = memory.kept().get(&name, now);
        if let Some(known) = &known
            && let Some(usable) = known.usable(now)
            && usable.set.get(key_id).is_some()
            && (known.is_fresh(now) || !known.may_be_tried(now))
        {
            record.explain(|| format!("the keys of the issuer `{}` are remembered", self.name));
            return Ok(usable);
        }
        // Under another key, for what is kept under the issuer's would be answered without a fetch.
        let flight = Key::of([self.name.as_bytes(), b"fetch"]);
        let result = memory.get_or_fetch(flight, now, async {
            let now = world.clock().now();
            let before = memory.kept().get(&name, now);
            if let Some(before) = &before
                && !before.may_be_tried(now)
            {
                record.explain(|| format!("the issuer `{}` was asked for its keys a moment ago", self.name));
                return Ok(Fetched { value: Arc::clone(before), keep_until: None });
            }
            let attempt = Try::begin(world, name, before.as_deref(), now);
            let fetched = self.fetch(world, arrival, record).await;
            Ok(Fetched { value: attempt.end(fetched), keep_until: None })
        });
        let Ok((keys, _)) = result.await;
        keys.usable(now).ok_or_else(|| {
            let failure = keys.failure.as_ref();
            record.explain(|| {
                let why = failure.map_or("they are too old", |failure| failure.why.as_str());
                format!("the keys of the issuer `{}` cannot be had: {why}", self.name)
            });
            failure.map_or(Defect::Keys, |failure| failure.defect)
        })
    }

    async fn fetch<W: TokenPorts>(
        &self,
        world: &W,
        arrival: &Arrival,
        record: &Record,
    ) -> Result<KeySet, Failure> {
        let providers = world.identity_providers();
        let url = match (providers.key_set_url(&self.name), &self.key_set_url) {
            (Some(mapped), _) => {
                record.explain(|| format!("the keys of the issuer `{}` are mapped to `{mapped}`", self.name));
                mapped.to_owned()
            }
            (None, Some(known)) => known.to_string(),
            (None, None) => self.discover(world, arrival, record).await?,
        };
        let fail = |why: String| Failure { defect: Defect::Keys, why };
        let json = document(world, arrival, &url).await.map_err(|error| fail(error.to_string()))?;
        let set = KeySet::parse(&json).map_err(|error| fail(error.to_string()))?;
        record.explain(|| format!("`{url}` has {} usable keys", set.len()));
        Ok(set)
    }

    /// Where the issuer says that its keys are. Its document must be its own, and both must be fetched by https, as AWS wants.
    async fn discover<W: TokenPorts>(
        &self,
        world: &W,
        arrival: &Arrival,
        record: &Record,
    ) -> Result<String, Failure> {
        let fail = |why: String| Failure { defect: Defect::Discovery, why };
        if !is_https(&self.name) {
            let help = "an issuer is an `https://` URL; where it is reached otherwise, map it to the URL of its key set";
            return Err(fail(help.to_owned()));
        }
        let url = format!("{}{DISCOVERY}", self.name.strip_suffix('/').unwrap_or(&self.name));
        record.explain(|| format!("the issuer `{}` is asked at `{url}` where its keys are", self.name));
        let json = document(world, arrival, &url).await.map_err(|error| fail(error.to_string()))?;
        let found: DiscoveryDocument = serde_json::from_slice(&json)
            .map_err(|error| fail(format!("`{url}` is no discovery document: {error}")))?;
        if found.issuer != *self.name {
            return Err(fail(format!("`{url}` is the document of the issuer `{}`", found.issuer)));
        }
        if !is_https(&found.jwks_uri) {
            return Err(fail(format!("`{url}` tells a key set at `{}`, which is not https", found.jwks_uri)));
        }
        Ok(found.jwks_uri)
    }
}

async fn document<W: TokenPorts>(world: &W, arrival: &Arrival, url: &str) -> Result<bytes::Bytes, PortError> {
    const WHAT: &str = "a document of the issuer";
    let timeout =
        arrival.time_for(DOCUMENT_TIMEOUT, world.clock().now()).ok_or(PortError::Timeout { what: WHAT })?;
    world.identity_providers().document(url, KEY_SET_BYTES_MAX, timeout).await
}

fn is_https(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|url| {
        url.scheme() == Some(&http::uri::Scheme::HTTPS) && url.host().is_some_and(|host| !host.is_empty())
    })
}
