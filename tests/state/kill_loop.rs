//! A process that deploys all the time is killed at every moment of it, and what it leaves is complete each time.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gatelet_aws::process::SystemClock;
use gatelet_control::deploy::{DefinitionStore, deploy};
use gatelet_core::ports::{Clock, Definitions};
use gatelet_local::store::{StateOption, Store, StoreError};

use crate::connectors::switched;
use crate::fixture::{SOON, api, api_with_noise, pets, scope, stage, stage_name};

const ROUNDS: u64 = 28;
/// Tells this test binary that it is the process to be killed, and where it deploys to.
const DIRECTORY: &str = "GATELET_TEST_KILL_LOOP_DIRECTORY";
/// Enough noise for a second chunk.
const TWO_CHUNKS: usize = 500_000;

/// The process to be killed deploys without end; without being told where, a few times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_to_be_killed() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        deploy_in_turn(Path::new(&directory), u32::MAX).await;
    } else {
        let directory = tempfile::tempdir().unwrap();
        let versions = deploy_in_turn(directory.path(), 6).await;
        assert_eq!(versions, [4, 2], "two deployments to dev for each one to prod");
        check(directory.path(), versions).await;
    }
}

/// Deploys small and chunked definitions in turn, to two stages. Says `> Operation` before each operation on the
/// store, and `= stage version` when a deployment is done. Gives back each stage's version.
async fn deploy_in_turn(directory: &Path, deployments: u32) -> [u64; 2] {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = Store::open(StateOption::Directory(directory.to_owned())).await.unwrap();
    store.definitions(scope(), Arc::clone(&clock)).await.unwrap();
    let (table, switches) = switched(&store, Arc::clone(&clock));
    switches.tells.store(true, Ordering::SeqCst);
    let mut versions = [0, 0];
    for number in 0..deployments {
        let (position, noise) = match number % 3 {
            0 => (0, 0),
            1 => (1, TWO_CHUNKS),
            _ => (0, 2_000),
        };
        let name = STAGES[position];
        let content = api_with_noise(&format!("{}-{number}", clock.now().milliseconds()), noise);
        let deployed = deploy(&table, content, stage(name), None, clock.now().after(SOON)).await.unwrap();
        println!("= {name} {}", deployed.version);
        versions[position] = deployed.version;
    }
    versions
}

/// The child, and what it has said.
struct Deployer {
    process: Child,
    output: BufReader<ChildStdout>,
    operations: u64,
    /// What it said beside: a test that fails says why.
    beside: String,
    /// The last version that each stage was said to have.
    versions: [u64; 2],
}

const STAGES: [&str; 2] = ["dev", "prod"];

impl Deployer {
    fn start(directory: &Path, versions: [u64; 2]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill_loop::the_process_to_be_killed", "--nocapture"])
            .env(DIRECTORY, directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output, operations: 0, beside: String::new(), versions }
    }

    /// Reads one line; `false` at the end.
    fn hear(&mut self) -> bool {
        let mut line = String::new();
        if self.output.read_line(&mut line).unwrap() == 0 {
            return false;
        }
        // A line cut off by the kill says nothing.
        let Some(line) = line.strip_suffix('\n') else { return true };
        if line.starts_with("> ") {
            self.operations += 1;
        } else if let Some((stage, version)) = line.strip_prefix("= ").and_then(|said| said.split_once(' ')) {
            let position = STAGES.iter().position(|name| *name == stage).unwrap();
            let version = version.parse().unwrap();
            assert!(version > self.versions[position], "the version of {stage} grows");
            self.versions[position] = version;
        } else {
            self.beside.push_str(line);
            self.beside.push('\n');
        }
        true
    }

    /// Kills it (on Unix by signal 9) after it has begun this many operations, and a moment more. Gives back what it
    /// said of each stage's version.
    fn kill_after(mut self, operations: u64, moment: u64) -> [u64; 2] {
        while self.operations < operations {
            assert!(self.hear(), "ended by itself after {} operations: {}", self.operations, self.beside);
        }
        for _ in 0..moment {
            std::hint::spin_loop();
        }
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        while self.hear() {}
        self.versions
    }
}

#[test]
fn killed_at_any_moment_it_comes_back_with_a_complete_version() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut versions = [0, 0];
    for round in 0..ROUNDS {
        // Every operation of the cycle is met, at different depths of the engine's work.
        let operations = 1 + (round * 5) % 19;
        let moment = (round * round * 4_099) % 400_000;
        let said = Deployer::start(directory.path(), versions).kill_after(operations, moment);
        versions = runtime.block_on(check(directory.path(), said));
    }
    assert!(
        versions.iter().all(|version| *version > ROUNDS / 4),
        "hardly anything was deployed: {versions:?}"
    );
}

/// Opens what was left, and checks it. Gives back each stage's version.
async fn check(directory: &Path, said: [u64; 2]) -> [u64; 2] {
    let store =
        Store::open(StateOption::Directory(directory.to_owned())).await.expect("the store opens again");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let definitions = store.definitions(scope(), Arc::clone(&clock)).await.unwrap();
    let deadline = clock.now().after(SOON);
    let pointers = definitions.table().stage_pointers(&pets(), deadline).await.unwrap();
    let published = definitions.published(&pets(), deadline).await.unwrap();
    assert_eq!(published.is_some(), !pointers.is_empty());
    let mut versions = [0, 0];
    for pointer in &pointers {
        let name = pointer.stage.name();
        versions[STAGES.iter().position(|stage| *stage == name.as_str()).unwrap()] = pointer.version;
        let deployment =
            definitions.table().deployment(&pets(), &pointer.deployment_id, deadline).await.unwrap();
        let deployment = deployment.expect("a pointer names what is there").open().unwrap();
        assert_eq!(deployment.id, pointer.deployment_id);
        let snapshot = published.as_ref().unwrap().stage(name.as_str()).unwrap();
        assert_eq!(*snapshot.deployment_id(), pointer.deployment_id, "served, and not the one before");
    }
    let trail = definitions.table().audit_trail(&pets(), deadline).await.unwrap();
    for (position, stage) in STAGES.iter().enumerate() {
        let (said, is) = (said[position], versions[position]);
        assert!(is == said || is == said + 1, "{stage} was said to be at version {said} and is at {is}");
        let on_record = trail.iter().filter(|entry| entry.stage == stage_name(stage)).count() as u64;
        assert_eq!(on_record, is, "every move of {stage} is on record once");
    }
    assert_eq!(definitions.table().apis(deadline).await.unwrap().len(), usize::from(!pointers.is_empty()));
    versions
}

#[tokio::test]
async fn a_second_process_is_told_that_the_state_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let mut deployer = Deployer::start(directory.path(), [0, 0]);
    while deployer.operations == 0 {
        assert!(deployer.hear(), "{}", deployer.beside);
    }
    let second = Store::open(StateOption::Directory(directory.path().to_owned())).await;
    assert!(matches!(second, Err(StoreError::InUse { .. })), "{second:?}");
    deployer.kill_after(1, 0);
    let store = Store::open(StateOption::Directory(directory.path().to_owned())).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let definitions = store.definitions(scope(), Arc::clone(&clock)).await.unwrap();
    deploy(definitions.table(), api("after"), stage("dev"), None, clock.now().after(SOON)).await.unwrap();
}
