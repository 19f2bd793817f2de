//! APIs, stages, time and stores for these tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::{Client, DefinitionTable, Scope};
use gatelet_aws::process::SystemClock;
use gatelet_control::deploy::{DeployError, Deployed, deploy};
use gatelet_core::ports::{Clock, Timestamp};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::rest::{Method, Resource, RestApi, RestApiParts, RestStage};
use gatelet_model::{
    AccountId, Api, ApiId, Integration, IntegrationResponse, IntegrationType, MethodKey, PartId,
    PathTemplate, Region, Stage, StageName, StatusCode,
};

/// Far enough not to be met by any test that does not mean to.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) fn region() -> Region {
    Region::parse("eu-west-1").unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope { account: AccountId::parse("123456789012").unwrap(), region: region() }
}

pub(crate) fn pets() -> ApiId {
    ApiId::parse("a1b2c3d4e5").unwrap()
}

/// A REST API with one method that answers with the given text, and a description of the given length that does not
/// compress: 6 bits of chance in each character.
pub(crate) fn api_with_noise(answer: &str, noise_characters: usize) -> Api {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = answer.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| {
        state.rotate_left(8) ^ u64::from(byte).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    });
    let noise = (0..noise_characters).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[(state >> 58) as usize])
    });
    let mut integration = Integration::new(IntegrationType::Mock);
    integration.responses.push(IntegrationResponse {
        selection_pattern: None,
        status_code: Some(StatusCode::parse("200").unwrap()),
        response_parameters: Default::default(),
        response_templates: [("application/json".to_owned(), answer.to_owned())].into(),
        content_handling: None,
    });
    let method = Method { integration: Some(integration), ..Method::default() };
    let root = Resource {
        id: PartId::parse("root").unwrap(),
        path: PathTemplate::parse("/").unwrap(),
        methods: [(MethodKey::parse("GET").unwrap(), method)].into(),
    };
    let parts = RestApiParts {
        description: Some(noise.collect()),
        resources: vec![root],
        ..RestApiParts::new(pets(), "pets")
    };
    Api::Rest(RestApi::new(parts).unwrap())
}

pub(crate) fn api(answer: &str) -> Api {
    api_with_noise(answer, 0)
}

pub(crate) fn stage_name(name: &str) -> StageName {
    StageName::parse(name).unwrap()
}

pub(crate) fn stage(name: &str) -> Stage {
    Stage::Rest(RestStage::new(stage_name(name)))
}

/// The machine's time, and as much later as a test says.
#[derive(Default)]
pub(crate) struct Time {
    system: SystemClock,
    ahead_milliseconds: AtomicU64,
}

impl Time {
    pub(crate) fn pass(&self, duration: Duration) {
        self.ahead_milliseconds.fetch_add(duration.as_millis() as u64, Ordering::SeqCst);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst))
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        self.system.now().after(self.ahead())
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.ahead()
    }
}

/// A store in memory, and definitions over it.
pub(crate) struct Setup {
    pub(crate) store: Store,
    pub(crate) time: Arc<Time>,
    pub(crate) definitions: DynamoDefinitions,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let store = Store::open(StateOption::Memory).await.unwrap();
        let time = Arc::new(Time::default());
        let definitions = store.definitions(scope(), Arc::clone(&time) as Arc<dyn Clock>).await.unwrap();
        Self { store, time, definitions }
    }

    pub(crate) fn table(&self) -> &DefinitionTable {
        self.definitions.table()
    }

    pub(crate) fn client(&self) -> Client {
        self.store.client(region())
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.time.now().after(SOON)
    }

    /// Definitions that have nothing in memory yet, as after a restart.
    pub(crate) async fn cold(&self) -> DynamoDefinitions {
        self.store.definitions(scope(), Arc::clone(&self.time) as Arc<dyn Clock>).await.unwrap()
    }

    pub(crate) async fn try_deploy(&self, api: Api, name: &str) -> Result<Deployed, DeployError> {
        deploy(self.table(), api, stage(name), None, self.deadline()).await
    }

    pub(crate) async fn deploy(&self, api: Api, name: &str) -> Deployed {
        self.try_deploy(api, name).await.unwrap()
    }
}
