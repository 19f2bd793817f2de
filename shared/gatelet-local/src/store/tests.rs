#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gatelet_aws::process::SystemClock;
use gatelet_control::deploy::DefinitionStore;
use gatelet_model::AccountId;

use super::*;

async fn refused(path: &Path) -> String {
    Store::open(StateOption::Directory(path.to_owned())).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_directory_has_one_user_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("project").join(DEFAULT_DIRECTORY);
    let store = Store::open(StateOption::Directory(path.clone())).await.unwrap();
    let error = refused(&path).await;
    assert!(error.starts_with("another gatelet is using the state directory `"), "{error}");
    drop(store);
    Store::open(StateOption::Directory(path)).await.unwrap();
}

#[tokio::test]
async fn the_directory_stays_out_of_repositories_and_private() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join(DEFAULT_DIRECTORY);
    let _store = Store::open(StateOption::Directory(path.clone())).await.unwrap();
    assert_eq!(std::fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_directory_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = refused(&file.join("state")).await;
    assert!(error.starts_with("the state directory `"), "{error}");
    assert!(error.contains("choose another with `--state DIR`, or `--state memory`"), "{error}");

    let foreign = parent.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(
        foreign.join("gatelet.db"),
        "not a database, but long enough to look like one".repeat(100),
    )
    .unwrap();
    let error = refused(&foreign).await;
    assert!(error.contains("gatelet.db` cannot be opened: "), "{error}");
    assert!(error.ends_with("move that file away to start empty"), "{error}");
}

#[tokio::test]
async fn what_the_engine_does_not_do_is_an_error() {
    let store = Store::open(StateOption::Memory).await.unwrap();
    let client = store.client(Region::parse("us-east-1").unwrap());
    assert!(client.list_backups().send().await.is_err());
    let missing = client.get_item().table_name("no-such-table").send().await.unwrap_err();
    let error = missing.into_service_error();
    assert!(!error.to_string().is_empty());
}

#[test]
fn the_option_reads_as_written() {
    assert_eq!(StateOption::parse("memory"), StateOption::Memory);
    assert_eq!(StateOption::parse("./memory"), StateOption::Directory(PathBuf::from("./memory")));
}

async fn definitions(store: &Store) -> Result<DynamoDefinitions, PortError> {
    let account = AccountId::parse("123456789012").unwrap();
    let scope = Scope { account, region: Region::parse("us-east-1").unwrap() };
    store.definitions(scope, Arc::new(SystemClock::new())).await
}

#[tokio::test]
async fn another_dynamodb_is_reached_over_the_network() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let store = Store::endpoint(format!("http://{address}"), None).unwrap();
    let first = definitions(&store).await.unwrap();
    let deadline = SystemClock::new().now().after(TABLES_TIMEOUT);
    assert_eq!(first.table().apis(deadline).await.unwrap(), []);
    definitions(&store).await.unwrap();
    server.abort();
}

#[tokio::test]
async fn a_dynamodb_that_is_not_there_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error =
        definitions(&Store::endpoint(format!("http://{address}"), None).unwrap()).await.err().unwrap();
    let text = error.to_string();
    assert!(text.starts_with("the definitions table is not available: "), "{text}");
    assert!(text.contains("refused"), "{text}");
}
