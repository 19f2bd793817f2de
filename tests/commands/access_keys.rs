//! Access keys, in a table over the network and in the state of one machine.

use std::sync::Arc;

use gatelet_aws::access::{CredentialKeys, CredentialTable};
use gatelet_aws::process::SystemClock;
use gatelet_core::ports::Credentials;
use gatelet_local::store::{StateOption, Store};
use gatelet_model::Region;
use serde_json::Value;

use crate::fixture::{ACCOUNT, Ended, REGION, Setup, run_in, soon};

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" }
}"#;

/// A table of credentials, and the key that the router has.
struct Keys {
    setup: Setup,
    key: String,
}

impl Keys {
    async fn new() -> Self {
        let setup = Setup::without_table().await;
        setup.write("invoke.json", POLICY);
        let keys = Self { setup, key: CredentialKeys::generate().unwrap().text };
        keys.router().await;
        keys
    }

    /// What a router reads. Makes the table where it is missing.
    async fn router(&self) -> CredentialTable {
        let store = Store::endpoint(format!("http://{}", self.setup.address), None).unwrap();
        credentials(&store, Some(CredentialKeys::parse(&self.key).unwrap())).await
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let endpoint = format!("http://{}", self.setup.address);
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", &*endpoint),
            ("GATELET_CREDENTIALS_TABLE", "gatelet-credentials"),
            ("GATELET_CREDENTIALS_KEY", &self.key),
        ];
        let arguments = [&["access-keys"], arguments, &["--account", ACCOUNT, "--region", REGION]].concat();
        run_in(self.setup.directory.path(), &arguments, &variables).await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        serde_json::from_str(&ended.said).unwrap()
    }
}

async fn credentials(store: &Store, keys: Option<CredentialKeys>) -> CredentialTable {
    store.credentials(Region::parse(REGION).unwrap(), keys, Arc::new(SystemClock::new())).await.unwrap()
}

/// The value of a variable among lines that a shell takes.
fn variable<'a>(said: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix('=');
    said.lines().find_map(value).unwrap_or_else(|| panic!("`{name}` in {said}"))
}

#[tokio::test]
async fn a_key_lives_from_its_creation_to_its_end() {
    let keys = Keys::new().await;
    let create = ["create", "--user", "ci", "--policy", "invoke.json", "--expires", "30d", "--session-token"];
    let created = keys.run(&create).await;
    assert_eq!(created.code, Some(0), "{created:?}");
    let id = variable(&created.said, "AWS_ACCESS_KEY_ID");
    let secret = variable(&created.said, "AWS_SECRET_ACCESS_KEY");
    let token = variable(&created.said, "AWS_SESSION_TOKEN");
    assert_eq!((id.len(), secret.len(), token.len()), (20, 40, 64));
    let comments: Vec<&str> = created.said.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(comments[0], format!("# arn:aws:iam::{ACCOUNT}:user/ci"));
    assert!(comments[1].starts_with("# ends 20"), "{comments:?}");
    assert!(comments[2].starts_with(
        "# the secret is not shown again; it is stored encrypted in the table `gatelet-credentials`"
    ));
    assert_eq!(created.said.lines().count(), 6);

    let read = async || keys.router().await.access_key(id, soon()).await.unwrap();
    let stored = read().await.unwrap();
    assert_eq!((stored.secret.reveal(), stored.session_token.as_ref().unwrap().reveal()), (secret, token));
    assert_eq!((stored.enabled, stored.policies), (true, vec![POLICY.into()]));

    let list = keys.run(&["list"]).await;
    assert!(list.said.contains(id) && list.said.contains("ci") && list.said.contains("active"), "{list:?}");
    let shown = keys.run(&["show", id]).await;
    assert!(shown.said.starts_with(&format!("{id}  arn:aws:iam::{ACCOUNT}:user/ci  active\n")), "{shown:?}");
    assert!(
        shown.said.contains("    \"Version\": \"2012-10-17\"")
            || shown.said.contains("      \"Version\": \"2012-10-17\""),
        "{shown:?}"
    );

    for (action, enabled, word) in [("disable", false, "disabled"), ("enable", true, "enabled")] {
        let done = keys.run(&[action, id]).await;
        assert_eq!(done.said, format!("{id}  is {word}\n"));
        assert_eq!(read().await.unwrap().enabled, enabled);
    }
    assert_eq!(keys.run(&["delete", id]).await.said, format!("{id}  is deleted\n"));
    assert!(read().await.is_none());
    for action in ["show", "disable", "enable", "delete"] {
        let gone = keys.run(&[action, id]).await;
        assert_eq!((gone.code, gone.said.as_str()), (Some(2), ""), "{action}");
        assert!(gone.complained.contains(&format!("there is no access key `{id}` in the table")), "{gone:?}");
    }
    for ended in [list, shown] {
        let all = format!("{ended:?}");
        assert!(!all.contains(secret) && !all.contains(token), "{all}");
    }
}

#[tokio::test]
async fn scripts_are_told_in_json() {
    let keys = Keys::new().await;
    let created = keys.json(&["create"]).await;
    let id = created["accessKeyId"].as_str().unwrap();
    assert_eq!(created["userName"], id, "a key without a user has one of its own");
    assert_eq!(created["secretAccessKey"].as_str().unwrap().len(), 40);
    assert_eq!((&created["sessionToken"], &created["expires"]), (&Value::Null, &Value::Null));
    let role = "arn:aws:iam::111122223333:role/path/caller";
    let attached = keys.json(&["attach", role, "--policy", "invoke.json"]).await;
    assert_eq!(attached["principalArn"], "arn:aws:iam::111122223333:role/caller");

    let listed = keys.json(&["list"]).await;
    assert_eq!(
        (&listed["accessKeys"][0]["accessKeyId"], &listed["accessKeys"][0]["policies"]),
        (&id.into(), &0.into())
    );
    assert_eq!(listed["principals"][0]["policies"], 1);
    let shown = keys.json(&["show", role]).await;
    assert_eq!(shown["policies"][0]["Statement"]["Action"], "execute-api:Invoke");
    let key = keys.json(&["show", id]).await;
    assert_eq!(
        (&key["status"], &key["hasEnded"], &key["policies"]),
        (&"Active".into(), &false.into(), &Value::Array(vec![]))
    );
    assert_eq!(keys.json(&["disable", id]).await["status"], "Inactive");

    let policies =
        keys.router().await.attached_policies("arn:aws:iam::111122223333:role/caller", soon()).await;
    assert_eq!(policies.unwrap(), [Box::<str>::from(POLICY)]);
    assert_eq!(keys.json(&["detach", role]).await["policies"], 0);
    let again = keys.run(&["detach", role]).await;
    assert!(
        again.complained.contains("nothing is attached to `arn:aws:iam::111122223333:role/caller`"),
        "{again:?}"
    );
    assert_eq!(again.code, Some(2));
}

#[tokio::test]
async fn what_cannot_be_is_said_and_nothing_is_stored() {
    let keys = Keys::new().await;
    keys.setup.write("bad.json", &POLICY.replace("Allow", "Alow"));
    keys.setup.write("whom.json", &POLICY.replace("\"Effect\"", "\"Principal\": \"*\", \"Effect\""));
    for (arguments, code, message) in [
        (&["create", "--policy", "bad.json"][..], 1, "bad.json:3:"),
        (&["create", "--policy", "invoke.json", "--policy", "whom.json"], 1, "whom.json:3:"),
        (
            &["attach", "arn:aws:iam::111122223333:role/a", "--policy", "bad.json"],
            1,
            "nothing is stored; correct the policies above",
        ),
        (&["create", "--policy", "missing.json"], 2, "the policy `missing.json` cannot be read"),
        (&["create", "--user", "a b"], 2, "`a b` is no name of a user"),
        (&["create", "--expires", "soon"], 2, "`soon` is no duration"),
        (&["show", "AKIAIOSFODNN7EXAMPLE"], 2, "is no access key of a gatelet"),
        (
            &["attach", "arn:aws:sts::111122223333:assumed-role/a/b", "--policy", "invoke.json"],
            2,
            "write the ARN of the role",
        ),
        (&["attach", "arn:aws:iam::111122223333:role/a"], 2, "--policy"),
        (&["list", "--table", "missing"], 2, "there is no table `missing` at http://"),
        (&["list", "--state", "s", "--table", "t"], 2, "cannot be used with"),
    ] {
        let ended = keys.run(arguments).await;
        assert_eq!((ended.code, ended.said.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.complained.contains(message), "{arguments:?}: {ended:?}");
    }
    let listed = keys.json(&["list"]).await;
    assert_eq!(
        (&listed["accessKeys"], &listed["principals"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );

    let endpoint = format!("http://{}", keys.setup.address);
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", &*endpoint)];
    let keyless = run_in(keys.setup.directory.path(), &["access-keys", "create"], &variables).await;
    assert!(
        keyless.complained.contains("there is no key to encrypt secrets with: set GATELET_CREDENTIALS_KEY"),
        "{keyless:?}"
    );
    let list = run_in(keys.setup.directory.path(), &["access-keys", "list"], &variables).await;
    assert!(
        list.said.starts_with("there are no access keys in the table `gatelet-credentials` at http://"),
        "{list:?}"
    );
}

#[tokio::test]
async fn on_one_machine_the_key_lies_beside_the_state() {
    let directory = tempfile::tempdir().unwrap();
    let run = async |arguments: &[&str]| {
        run_in(directory.path(), &[&["access-keys"], arguments].concat(), &[]).await
    };
    let nothing = run(&["list"]).await;
    assert!(
        nothing.complained.contains("there is no state in `.gatelet`: name the table with `--table`"),
        "{nothing:?}"
    );
    assert!(!directory.path().join(".gatelet").exists());

    let created = run(&["create", "--user", "me"]).await;
    assert_eq!(created.code, Some(0), "{created:?}");
    assert!(created.said.contains("# arn:aws:iam::123456789012:user/me"), "{created:?}");
    assert!(
        created.said.contains("# without a policy it may call what an API's own policy allows it"),
        "{created:?}"
    );
    let file = directory.path().join(".gatelet/credentials.key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert_eq!(run(&["create"]).await.code, Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), key, "one key encrypts all");

    let state = StateOption::Directory(directory.path().join(".gatelet"));
    let store = Store::open(state.clone()).await.unwrap();
    let busy = run(&["list"]).await;
    assert!(
        busy.complained.contains("another gatelet is using the state directory `.gatelet`; stop it"),
        "{busy:?}"
    );
    let table = credentials(&store, state.credential_key().unwrap().read().unwrap()).await;
    let id = variable(&created.said, "AWS_ACCESS_KEY_ID");
    let stored = table.access_key(id, soon()).await.unwrap().unwrap();
    assert_eq!(stored.secret.reveal(), variable(&created.said, "AWS_SECRET_ACCESS_KEY"));
}

#[tokio::test]
async fn a_key_is_replaced_and_the_old_one_forgotten() {
    let mut keys = Keys::new().await;
    let created = [keys.json(&["create"]).await, keys.json(&["create", "--session-token"]).await];
    let old = keys.key.clone();
    let new = CredentialKeys::generate().unwrap().text;

    keys.key.clone_from(&new);
    let blind = keys.run(&["encrypt", "--json"]).await;
    assert_eq!(blind.code, Some(2), "{blind:?}");
    assert!(blind.complained.contains("give the key that encrypted them as the second one"), "{blind:?}");
    let told: Value = serde_json::from_str(&blind.said).unwrap();
    assert_eq!((&told["encryptedAnew"], told["unreadable"].as_array().unwrap().len()), (&0.into(), 2));
    let why = told["unreadable"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("a secret is encrypted with the key `"), "{why}");

    keys.key = format!("{new},{old}");
    let done = keys.run(&["encrypt"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let counts: Vec<&str> = done.said.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(counts, ["2", "0", "0"], "{done:?}");
    keys.key = new;
    let again = keys.json(&["encrypt"]).await;
    assert_eq!(again, serde_json::json!({"encryptedAnew": 0, "soAlready": 2, "unreadable": []}));
    for key in created {
        let stored = keys.router().await.access_key(key["accessKeyId"].as_str().unwrap(), soon()).await;
        let stored = stored.unwrap().unwrap();
        assert_eq!(stored.secret.reveal(), key["secretAccessKey"].as_str().unwrap());
        assert_eq!(stored.session_token.as_ref().map(|token| token.reveal()), key["sessionToken"].as_str());
        for secret in [&key["secretAccessKey"], &key["sessionToken"]].into_iter().filter_map(Value::as_str) {
            assert!(!format!("{blind:?}{done:?}{again}").contains(secret));
        }
    }
}

#[tokio::test]
async fn a_router_s_key_in_the_environment_is_none_of_a_state_directory_s() {
    let directory = tempfile::tempdir().unwrap();
    let key = CredentialKeys::generate().unwrap().text;
    let run = async |arguments: &[&str], variables: &[(&str, &str)]| {
        run_in(directory.path(), &[&["access-keys"], arguments].concat(), variables).await
    };
    std::fs::create_dir(directory.path().join(".gatelet")).unwrap();
    let nothing = run(&["encrypt"], &[("GATELET_CREDENTIALS_KEY", &key)]).await;
    assert!(nothing.complained.contains("there is no `credentials.key` in `.gatelet`"), "{nothing:?}");
    let created = run(&["create"], &[("GATELET_CREDENTIALS_KEY", &key)]).await;
    assert_eq!(created.code, Some(0), "{created:?}");
    let file = directory.path().join(".gatelet/credentials.key");
    let own = std::fs::read_to_string(&file).unwrap();
    assert_ne!(own.trim(), key);

    std::fs::write(&file, format!("{key},{}", own.trim())).unwrap();
    let encrypted = run(&["encrypt", "--json"], &[]).await;
    let told: Value = serde_json::from_str(&encrypted.said).unwrap();
    assert_eq!((&told["encryptedAnew"], encrypted.code), (&1.into(), Some(0)), "{encrypted:?}");
}
