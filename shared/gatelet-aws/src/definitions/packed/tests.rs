#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{ImportOptions, openapi};
use gatelet_core::snapshot::ApiSnapshot;
use gatelet_model::rest::{EndpointType, RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{ApiMapping, Domain, MappingKey, PartId, Region, RoutingMode, StageName};

use super::*;

const PETSTORE: &str = include_str!("../../../../../examples/petstore/openapi.yaml");
const PETSTORE_HTTP: &str = include_str!("../../../../../examples/petstore/http.yaml");
const SOON: Timestamp = Timestamp::from_milliseconds(u64::MAX);
/// Where the head ends.
const HEAD_BYTES: usize = 24;

fn region() -> Region {
    Region::parse("eu-west-1").unwrap()
}

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn imported(file: &str, text: &str) -> Api {
    let options = ImportOptions::for_file(file, account(), region());
    let imported = openapi(&Source::new(file, text), &options);
    imported.api.unwrap_or_else(|| panic!("{:?}", imported.problems))
}

fn stage_name(name: &str) -> StageName {
    StageName::parse(name).unwrap()
}

fn rest() -> PackedApi {
    let mut settings = RestStage::new(stage_name("prod"));
    settings.variables = StageVariables::new([("pets".to_owned(), "pets.example.com".to_owned())]).unwrap();
    PackedApi {
        account: account(),
        region: region(),
        api: imported("openapi.yaml", PETSTORE),
        stages: vec![Stage::Rest(settings), Stage::Rest(RestStage::new(stage_name("dev")))],
        description: Some("first".to_owned()),
    }
}

fn http() -> PackedApi {
    let stages = vec![Stage::V2(V2Stage::new(stage_name(StageName::DEFAULT)))];
    PackedApi {
        account: account(),
        region: region(),
        api: imported("http.yaml", PETSTORE_HTTP),
        stages,
        description: None,
    }
}

fn domain() -> DomainName {
    DomainName {
        name: Domain::parse("api.example.com").unwrap(),
        endpoint_type: EndpointType::Regional,
        certificate_arn: None,
        security_policy: None,
        mutual_tls: None,
        routing_mode: RoutingMode::ApiMappingOnly,
        mappings: vec![ApiMapping {
            id: PartId::parse("m1").unwrap(),
            key: MappingKey::parse("pets").unwrap(),
            api_id: rest().api.id().clone(),
            stage: Some(stage_name("prod")),
        }],
        routing_rules: Vec::new(),
        tags: Default::default(),
    }
}

async fn published(packed: &PackedDefinitions, id: &ApiId) -> Result<Option<Arc<Published>>, PortError> {
    packed.published(id, SOON).await
}

#[tokio::test]
async fn what_was_packed_is_published() {
    let packed = PackedDefinitions::read(&pack(&[rest(), http()], &[domain()]).unwrap()).unwrap();
    assert_eq!(packed.only_api(), None);
    packed.compile_all().unwrap();
    assert_eq!(packed.apis().count(), 2);

    let api = rest().api;
    let published = published(&packed, api.id()).await.unwrap().unwrap();
    let names: Vec<&str> = published.stages().map(|stage| stage.name().as_str()).collect();
    assert_eq!(names, ["dev", "prod"]);
    let stage = published.stage("prod").unwrap();
    assert_eq!(*stage.deployment_id(), identity::deployment_id(&api).unwrap(), "as the table names it");
    assert_eq!(&**stage.account_id(), "111122223333");
    assert_eq!(stage.variables().get("pets").map(String::as_str), Some("pets.example.com"));
    assert!(matches!(stage.api(), ApiSnapshot::Rest(_)));

    let found = packed.domain("api.example.com", SOON).await.unwrap().unwrap();
    assert_eq!(*found, domain());
    assert_eq!(packed.domain("other.example.com", SOON).await.unwrap(), None);
    let other = ApiId::parse("other").unwrap();
    assert!(packed.published(&other, SOON).await.unwrap().is_none());
}

#[tokio::test]
async fn it_is_compiled_once() {
    let packed = PackedDefinitions::read(&pack(&[rest()], &[]).unwrap()).unwrap();
    let id = packed.only_api().unwrap();
    let first = published(&packed, &id).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &published(&packed, &id).await.unwrap().unwrap()));
}

#[tokio::test]
async fn a_large_api_is_published_too() {
    let mut parts = gatelet_model::v2::HttpApiParts::new(ApiId::parse("large").unwrap(), "large");
    parts.description = Some("x".repeat(ASIDE_ABOVE_BYTES));
    let api = Api::Http(gatelet_model::v2::HttpApi::new(parts).unwrap());
    let file = pack(&[PackedApi { api, ..http() }], &[]).unwrap();
    assert!(file.len() < 10_000, "it is compressed");
    let packed = PackedDefinitions::read(&file).unwrap();
    let id = packed.only_api().unwrap();
    assert!(published(&packed, &id).await.unwrap().unwrap().stage(StageName::DEFAULT).is_some());
}

#[test]
fn nothing_packed_is_nothing_there() {
    let packed = PackedDefinitions::read(&pack(&[], &[]).unwrap()).unwrap();
    assert_eq!((packed.only_api(), packed.apis().count()), (None, 0));
    packed.compile_all().unwrap();
}

#[test]
fn equal_definitions_are_an_equal_file() {
    assert_eq!(pack(&[rest()], &[domain()]).unwrap(), pack(&[rest()], &[domain()]).unwrap());
}

#[test]
fn what_cannot_be_packed_is_said() {
    let said = |apis: &[PackedApi], domains: &[DomainName]| pack(apis, domains).unwrap_err().to_string();
    let id = rest().api.id().clone();
    assert_eq!(said(&[rest(), rest()], &[]), format!("the API id `{id}` is there twice; pack each API once"));
    let twice = PackedApi { stages: [rest().stages, rest().stages].concat(), ..rest() };
    assert_eq!(said(&[twice], &[]), "`prod` is there twice; name it once");
    assert_eq!(said(&[], &[domain(), domain()]), "`api.example.com` is there twice; name it once");
    let other_kind = PackedApi { stages: http().stages, ..rest() };
    assert!(said(&[other_kind], &[]).starts_with("the stage `$default` is not one of a REST API"));
}

#[test]
fn another_file_and_another_format_are_refused() {
    let file = pack(&[rest()], &[]).unwrap();
    for other in [&b""[..], b"openapi: 3.0.1", &MAGIC[..7]] {
        assert_eq!(PackedDefinitions::read(other).unwrap_err(), PackError::NotAPack);
    }
    for (position, found) in [(8 + 3, "2.1"), (12 + 3, "1.2")] {
        let mut newer = file.clone();
        newer[position] = 2;
        let error = PackedDefinitions::read(&newer).unwrap_err();
        assert_eq!(error, PackError::UnknownFormat { found: found.to_owned() });
    }
    assert_eq!(PackedDefinitions::read(&vec![0; PACK_BYTES_MAX + 1]).unwrap_err(), PackError::TooLarge);
}

#[test]
fn damage_is_noticed_wherever_it_is() {
    let file = pack(&[rest(), http()], &[domain()]).unwrap();
    let survives = |bytes: &[u8]| PackedDefinitions::read(bytes).and_then(|packed| packed.compile_all());
    assert_eq!(survives(&file), Ok(()));
    for end in 0..file.len() {
        assert!(survives(&file[..end]).is_err(), "cut after {end} bytes");
    }
    let longer = [&file[..], &[0]].concat();
    assert_eq!(survives(&longer), Err(damaged("it is longer than its index says")));
    // A compressed part's own head holds a time and a system that nobody reads.
    let index_bytes = u32::from_be_bytes(file[20..24].try_into().unwrap()) as usize;
    for position in (0..HEAD_BYTES).chain(HEAD_BYTES + 10..HEAD_BYTES + index_bytes) {
        let mut flipped = file.clone();
        flipped[position] ^= 1;
        assert!(survives(&flipped).is_err(), "a bit of byte {position} is another");
    }
}

#[tokio::test]
async fn a_damaged_content_is_an_error_of_its_api_alone() {
    let mut file = pack(&[rest(), http()], &[]).unwrap();
    let last = file.len() - 20;
    file[last] ^= 1;
    let packed = PackedDefinitions::read(&file).unwrap();
    assert!(published(&packed, rest().api.id()).await.unwrap().is_some());
    let error = published(&packed, http().api.id()).await.unwrap_err();
    assert!(matches!(error, PortError::Unreadable { .. }), "never an empty API: {error:?}");
    assert!(error.to_string().ends_with("; pack it again"), "{error}");
    assert!(matches!(packed.compile_all(), Err(PackError::Damaged(_))));
}

#[test]
fn a_content_under_another_apis_name_is_refused() {
    let stored = StoredDeployment::new(&rest().api, None).unwrap();
    let compressed = compress(&stored.content).unwrap();
    let written = |id: &str, stages: Vec<Stage>| {
        let api = IndexedApi {
            id: ApiId::parse(id).unwrap(),
            account: account(),
            region: region(),
            stages,
            deployment_id: stored.id.clone(),
            description: None,
            bytes: stored.content.len(),
            compressed_bytes: compressed.len(),
        };
        let (index_bytes, index) = Index { apis: vec![api], domains: Vec::new() }.written().unwrap();
        let numbers = [PACK_FORMAT, FORMAT, index_bytes, index.len() as u32].map(u32::to_be_bytes).concat();
        let file = [&MAGIC[..], &numbers, &index, &compressed].concat();
        PackedDefinitions::read(&file).unwrap().compile_all().map_err(|error| error.to_string())
    };
    assert_eq!(written(rest().api.id().as_str(), rest().stages), Ok(()));
    let error = written("other", rest().stages).unwrap_err();
    assert!(error.contains("the content of `other` is that of `"), "{error}");
    let error = written(rest().api.id().as_str(), http().stages).unwrap_err();
    assert!(error.contains("has a stage of another kind"), "{error}");
}

#[test]
fn a_small_file_cannot_become_a_large_one() {
    let zeros = vec![b' '; INDEX_BYTES_MAX + 1];
    let index = compress(&zeros).unwrap();
    for announced in [zeros.len(), 100] {
        let numbers =
            [PACK_FORMAT, FORMAT, announced as u32, index.len() as u32].map(u32::to_be_bytes).concat();
        let error = PackedDefinitions::read(&[&MAGIC[..], &numbers, &index].concat()).unwrap_err();
        assert!(matches!(error, PackError::Damaged(_)), "{error}");
    }
}

#[test]
fn a_file_is_read_where_it_is() {
    let path = std::env::temp_dir().join(format!("gatelet-{}.pack", std::process::id()));
    assert!(PackedDefinitions::read_file(&path).unwrap().is_none());
    std::fs::write(&path, pack(&[rest()], &[]).unwrap()).unwrap();
    assert_eq!(
        PackedDefinitions::read_file(&path).unwrap().unwrap().only_api(),
        Some(rest().api.id().clone())
    );
    std::fs::remove_file(&path).unwrap();
    let error = PackedDefinitions::read_file(&std::env::temp_dir()).unwrap_err();
    assert!(error.to_string().starts_with("it cannot be read: "), "{error}");
}
