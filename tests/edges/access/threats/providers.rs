//! Providers of identities over real sockets, behind whole requests: what they do wrong closes the gate, and what they publish
//! opens it, under load too. How one document is read is shown in `edges/backends/providers.rs`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::environment::Environment;
use gatelet_core::Vouched;
use gatelet_core::ports::{Clock as _, Memory, World};
use gatelet_tests::backend::{Backend, Connection, PATIENCE, Tls, answers};
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_world::{
    MemoryBackends, MemoryCounters, MemoryCredentials, MemoryDecisions, MemoryDefinitions, MemoryFunctions,
    MemoryServices, VirtualClock,
};
use serde_json::json;
use tokio::sync::watch;

use crate::fixture::{NOW, Outcome, Served, request, send_through, serve};

const ISSUER: &str = "https://id.example";
/// After this long, an issuer may be asked again.
const PAUSE: Duration = Duration::from_secs(30);

/// A world in memory, but for the providers, whom it asks over sockets.
struct Connected {
    served: Served,
    providers: HttpIdentityProviders,
}

impl World for Connected {
    type Definitions = MemoryDefinitions;
    type Backends = MemoryBackends;
    type Functions = MemoryFunctions;
    type Services = MemoryServices;
    type IdentityProviders = HttpIdentityProviders;
    type Credentials = MemoryCredentials;
    type Decisions = MemoryDecisions;
    type Counters = MemoryCounters;
    type Clock = VirtualClock;

    fn definitions(&self) -> &MemoryDefinitions {
        &self.served.world.definitions
    }

    fn backends(&self) -> &MemoryBackends {
        &self.served.world.backends
    }

    fn functions(&self) -> &MemoryFunctions {
        &self.served.world.functions
    }

    fn services(&self) -> &MemoryServices {
        &self.served.world.services
    }

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.providers
    }

    fn credentials(&self) -> &MemoryCredentials {
        &self.served.world.credentials
    }

    fn decisions(&self) -> &MemoryDecisions {
        &self.served.world.decisions
    }

    fn counters(&self) -> &MemoryCounters {
        &self.served.world.counters
    }

    fn clock(&self) -> &VirtualClock {
        &self.served.world.clock
    }

    fn memory(&self) -> &Memory {
        &self.served.world.memory
    }
}

impl Connected {
    /// An HTTP API that takes the tokens of an issuer.
    fn new(issuer: &str, settings: ProviderSettings) -> Self {
        let scheme = json!({
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "jwt", "identitySource": "$request.header.Authorization",
                "jwtConfiguration": {"issuer": issuer, "audience": ["client"]}
            }
        });
        let served = serve(&json!({
            "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
            "components": {"securitySchemes": {"scheme": scheme}},
            "paths": {"/a": {"get": {
                "security": [{"scheme": []}],
                "x-amazon-apigateway-integration": {
                    "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0", "uri": "http://backend/"
                }
            }}}
        }));
        Self { served, providers: HttpIdentityProviders::new(settings) }
    }

    /// The same, where the operator says at which URL the key set of [`ISSUER`] is.
    fn at(url: &str) -> Self {
        Self::new(ISSUER, settings().with_key_set_urls([(ISSUER.to_owned(), url.to_owned())]))
    }

    async fn send(&self, token: &str) -> Outcome {
        let request = request("GET", "/a").header("authorization", format!("Bearer {token}"));
        let asked = send_through(self, &self.served.host, request, "", Vouched::default());
        tokio::time::timeout(PATIENCE, asked).await.expect("an answer comes in time")
    }

    fn advance(&self, duration: Duration) {
        self.served.world.clock.advance(duration);
    }
}

fn settings() -> ProviderSettings {
    ProviderSettings::of(&Environment::parse([]).unwrap())
}

/// A token of an issuer for somebody, so that no two are the same; it lives for an hour.
fn token(key: &TokenKey, issuer: &str, who: &str, now: gatelet_core::Timestamp) -> String {
    let seconds = now.milliseconds() / 1_000;
    key.token(&json!({"iss": issuer, "aud": "client", "sub": who, "exp": seconds + 3_600}))
}

fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// What a provider publishes for now.
type Published = Arc<Mutex<String>>;

/// A provider that answers with what is published at that moment.
async fn publisher(published: &Published) -> Backend {
    held_publisher(published, &watch::channel(true).1).await
}

/// The same, who answers nobody before it may.
async fn held_publisher(published: &Published, may_answer: &watch::Receiver<bool>) -> Backend {
    let (published, may_answer) = (Arc::clone(published), may_answer.clone());
    Backend::start(move |mut connection: Connection| {
        let (published, mut may_answer) = (Arc::clone(&published), may_answer.clone());
        async move {
            while connection.request().await?.is_some() {
                let body = published.lock().unwrap().clone();
                may_answer.wait_for(|may| *may).await.map_err(std::io::Error::other)?;
                connection.send(answer(&body)).await?;
            }
            Ok(())
        }
    })
    .await
}

/// Closed, and remembered for half a minute: who floods the gateway does not flood the provider.
async fn check_closed(what: &str, world: &Connected, good: &str) {
    for _ in 0..3 {
        let outcome = world.send(good).await;
        assert_eq!(outcome.status, 401, "{what}: {}", outcome.body);
        let challenge = outcome.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("communication error"), "{what}: {challenge}");
        assert_eq!(outcome.body, r#"{"message":"Unauthorized"}"#, "{what}");
    }
    assert_eq!(world.served.backend_calls(), 0, "{what}");
}

#[tokio::test]
async fn what_is_no_key_set_opens_nothing() {
    let key = TokenKey::es256("k");
    let good = token(&key, ISSUER, "me", NOW);
    let set = key_set([&key]);
    let many = |count: usize, key: &str| format!("{{\"keys\":[{}]}}", vec![key; count].join(","));
    let own = key.public().to_string();
    for (what, body) in [
        ("nothing", String::new()),
        ("half of it", set[..set.len() / 2].to_owned()),
        ("a page", "<!doctype html><title>Sign in</title>".to_owned()),
        ("a list", format!("[{own}]")),
        ("one key", own.clone()),
        ("keys that are none", r#"{"keys": {"k": 1}}"#.to_owned()),
        ("twice the same member", format!("{{\"keys\":[{own}],\"keys\":[{own}]}}")),
        ("something behind it", format!("{set}{set}")),
        ("deep nesting", format!("{{\"keys\":{}", "[".repeat(100_000))),
        ("40,000 short keys", many(40_000, "{}")),
        ("100,000 keys", many(100_000, &own)),
        ("much space", format!("{}{set}", " ".repeat(1 << 20))),
    ] {
        let provider = Backend::start(answers::fixed(answer(&body))).await;
        let world = Connected::at(&provider.url("/keys"));
        check_closed(what, &world, &good).await;
        assert_eq!(provider.requests().len(), 1, "{what}");
    }
    // The same key, published as it should be, opens.
    let provider = Backend::start(answers::fixed(answer(&set))).await;
    let world = Connected::at(&provider.url("/keys"));
    assert_eq!(world.send(&good).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_opens_nothing_until_it_can() {
    let key = TokenKey::es256("k");
    let good = token(&key, ISSUER, "me", NOW);
    let gone = Backend::start(answers::silence).await;
    let url = gone.url("/keys");
    drop(gone);
    check_closed("nobody listens", &Connected::at(&url), &good).await;

    let published: Published = Arc::new(Mutex::new("busy".to_owned()));
    let provider = publisher(&published).await;
    let world = Connected::at(&provider.url("/keys"));
    check_closed("it is ill", &world, &good).await;
    *published.lock().unwrap() = key_set([&key]);
    assert_eq!(world.send(&good).await.status, 401, "it is left alone for half a minute");
    world.advance(PAUSE);
    assert_eq!(world.send(&good).await.status, 200);
    assert_eq!(provider.requests().len(), 2);
}

/// Whatever a provider does, its time is over after one and a half seconds, and for all who wait at once.
#[tokio::test]
async fn a_provider_that_takes_its_time_is_given_up_by_all_who_wait() {
    let key = TokenKey::es256("k");
    let provider = Backend::start(answers::silence).await;
    let world = Connected::at(&provider.url("/keys"));
    let tokens: Vec<_> = (0..100).map(|who| token(&key, ISSUER, &who.to_string(), NOW)).collect();
    let began = Instant::now();
    let sent = tokens.iter().map(|token| world.send(token));
    for outcome in all(sent).await {
        assert_eq!(outcome.status, 401, "{}", outcome.body);
    }
    assert!(began.elapsed() >= Duration::from_millis(1_500), "{:?}", began.elapsed());
    assert_eq!(provider.connections(), 1, "one asks for all");
    assert_eq!(world.served.backend_calls(), 0);
}

/// Waits for all of them at once, in one task.
async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut under_way: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_over = true;
        for (future, outcome) in &mut under_way {
            if outcome.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *outcome = Some(value),
                    std::task::Poll::Pending => is_over = false,
                }
            }
        }
        if is_over { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    under_way.into_iter().map(|(_, outcome)| outcome.unwrap()).collect()
}

/// A stranger's documents over TLS: discovery leads to the keys, if it is the issuer's own and nobody is sent elsewhere.
#[tokio::test]
async fn discovery_leads_to_keys_and_nowhere_else() {
    let key = TokenKey::es256("k");
    let set = key_set([&key]);
    let elsewhere = Backend::start(answers::fixed(answer(&set))).await;
    let plain = elsewhere.url("/keys");
    /// What the discovery document says of the issuer, where it says the keys are, and how those answer.
    type Said =
        (&'static str, fn(&str) -> String, fn(&str, &str) -> String, fn(&str, &str) -> String, u16, usize);
    let itself: fn(&str) -> String = str::to_owned;
    let here: fn(&str, &str) -> String = |issuer, _| format!("{issuer}/keys");
    let as_it_is: fn(&str, &str) -> String = |set, _| answer(set);
    let moved: fn(&str, &str) -> String =
        |_, plain| format!("HTTP/1.1 302 Found\r\nLocation: {plain}\r\nContent-Length: 0\r\n\r\n");
    let cases: [Said; 8] = [
        ("all is well", itself, here, as_it_is, 200, 2),
        ("another issuer", |_| ISSUER.to_owned(), here, as_it_is, 401, 1),
        ("the issuer with a slash", |issuer| format!("{issuer}/"), here, as_it_is, 401, 1),
        ("the issuer in other letters", str::to_uppercase, here, as_it_is, 401, 1),
        ("keys in the clear", itself, |_, plain| plain.to_owned(), as_it_is, 401, 1),
        ("keys in a file", itself, |_, _| "file:///etc/passwd".to_owned(), as_it_is, 401, 1),
        ("keys nowhere", itself, |_, _| String::new(), as_it_is, 401, 1),
        ("keys that have moved", itself, here, moved, 401, 2),
    ];
    for (what, issuer_said, keys_said, keys, status, requests) in cases {
        let tls = Tls::new(&["id.localhost"], &["http/1.1"]);
        let (set, plain) = (set.clone(), plain.clone());
        let provider = Backend::start_tls(&tls, move |mut connection: Connection| {
            let (set, plain) = (set.clone(), plain.clone());
            async move {
                while let Some(request) = connection.request().await? {
                    let issuer = format!("https://{}", request.header("host").unwrap());
                    let sent = if request.target == "/.well-known/openid-configuration" {
                        let document =
                            json!({"issuer": issuer_said(&issuer), "jwks_uri": keys_said(&issuer, &plain)});
                        answer(&document.to_string())
                    } else {
                        keys(&set, &plain)
                    };
                    connection.send(sent).await?;
                }
                Ok(())
            }
        })
        .await;
        let issuer = provider.url_by_name("id.localhost", "");
        let world = Connected::new(&issuer, settings().trusting(tls.certificate()));
        let outcome = world.send(&token(&key, &issuer, "me", NOW)).await;
        assert_eq!(outcome.status, status, "{what}: {:?}", outcome.headers.get("www-authenticate"));
        assert_eq!(provider.requests().len(), requests, "{what}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// Keys come and go while a hundred requests are under way: each token of a published key is accepted at once, and each change
/// costs one request to the provider.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_under_load_without_a_refusal() {
    const CHANGES: usize = 6;
    let keys: Vec<_> = (0..=CHANGES).map(|number| Arc::new(TokenKey::es256(&format!("k{number}")))).collect();
    let stranger = Arc::new(TokenKey::es256("nobody's"));
    let published: Published = Arc::new(Mutex::new(key_set([&*keys[0]])));
    let provider = publisher(&published).await;
    let world = Arc::new(Connected::at(&provider.url("/keys")));
    for change in 0..CHANGES {
        let (old, new) = (&keys[change], &keys[change + 1]);
        if change == 0 {
            assert_eq!(world.send(&token(old, ISSUER, "first", NOW)).await.status, 200);
        }
        world.advance(PAUSE);
        let now = world.served.world.clock.now();
        // The issuer tells its next key before it signs with it, and keeps the one before for those on their way.
        *published.lock().unwrap() = key_set([&**old, &**new]);
        let mut under_way = tokio::task::JoinSet::new();
        for number in 0..150 {
            let (key, expected) = match number % 3 {
                0 => (old, 200),
                1 => (new, 200),
                _ => (&stranger, 401),
            };
            let (world, key) = (Arc::clone(&world), Arc::clone(key));
            under_way.spawn(async move {
                let outcome = world.send(&token(&key, ISSUER, &format!("{change}-{number}"), now)).await;
                (expected, outcome.status, number)
            });
        }
        for (expected, status, number) in under_way.join_all().await {
            assert_eq!(status, expected, "change {change}, request {number}");
        }
        assert_eq!(provider.requests().len(), change + 2, "one more for change {change}");
    }
    // The first ones are withdrawn by now.
    let now = world.served.world.clock.now();
    assert_eq!(world.send(&token(&keys[0], ISSUER, "late", now)).await.status, 401);
    assert_eq!(provider.requests().len(), CHANGES + 1);
}

/// Ten thousand tokens of keys that nobody has, while others are at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unknown_keys_costs_the_provider_one_request_and_others_nothing() {
    const FLOOD: usize = 10_000;
    const SENDERS: usize = 8;
    let key = Arc::new(TokenKey::es256("k"));
    let published: Published = Arc::new(Mutex::new(key_set([&*key])));
    let (answering, may_answer) = watch::channel(true);
    let provider = held_publisher(&published, &may_answer).await;
    let world = Arc::new(Connected::at(&provider.url("/keys")));
    assert_eq!(world.send(&token(&key, ISSUER, "first", NOW)).await.status, 200);
    world.advance(PAUSE);
    answering.send_replace(false);
    let now = world.served.world.clock.now();
    let claims = json!({"iss": ISSUER, "aud": "client", "exp": now.milliseconds() / 1_000 + 60});
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; 64]);
    let refused = Arc::new(AtomicUsize::new(0));
    let mut under_way = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        let (world, refused) = (Arc::clone(&world), Arc::clone(&refused));
        let (payload, signature) = (payload.clone(), signature.clone());
        under_way.spawn(async move {
            for number in 0..FLOOD / SENDERS {
                let header = json!({"alg": "ES256", "kid": format!("{sender}-{number}")}).to_string();
                let token = format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));
                assert_eq!(world.send(&token).await.status, 401);
                refused.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    // Whoever has a known key is let in while the provider is being asked.
    provider.until_requests(2).await;
    for who in 0..20 {
        assert_eq!(world.send(&token(&key, ISSUER, &who.to_string(), now)).await.status, 200);
    }
    answering.send_replace(true);
    under_way.join_all().await;
    assert_eq!(refused.load(Ordering::Relaxed), FLOOD / SENDERS * SENDERS);
    assert_eq!(provider.requests().len(), 2);
}
