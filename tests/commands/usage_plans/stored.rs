//! The same commands on what is stored, while no gateway runs: in a state directory, and in tables over the network.

use std::sync::Arc;

use gatelet_aws::access::CredentialKeys;
use gatelet_aws::process::SystemClock;
use gatelet_local::store::Store;
use gatelet_model::Region;
use serde_json::Value;

use super::gateway::{Running, id};
use crate::fixture::{ACCOUNT, Ended, REGION, Setup, mocks, run_in};

#[tokio::test]
async fn a_state_directory_is_worked_on_while_no_gateway_has_it() {
    let gateway = Running::shop().await;
    let plan = gateway.plan("dev", &["--quota", "5/day"]).await;
    let (key, value) = gateway.key(&plan).await;
    let busy = run_in(gateway.directory.path(), &["keys", "list", "--state", ".gatelet"], &[]).await;
    assert!(busy.complained.contains("another gatelet is using the state directory `.gatelet`"), "{busy:?}");
    assert_eq!(gateway.call("dev", Some(&value)).await, 200);

    // What was counted last is stored at the end.
    let control = format!("http://{}", gateway.control);
    let directory = gateway.stop().await;
    let run = async |arguments: &[&str]| {
        run_in(directory.path(), &[arguments, &["--state", ".gatelet"]].concat(), &[]).await
    };
    let json = async |arguments: &[&str]| -> Value {
        let ended = run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        serde_json::from_str(&ended.said).unwrap()
    };
    assert_eq!(json(&["keys", "show", &key, "--include-value"]).await["value"], value);
    let usage = json(&["usage", &plan]).await;
    assert_eq!(usage["items"][0]["days"][6]["used"], 1, "{usage}");
    let made = json(&["keys", "create", "--plan", &plan]).await;
    assert_eq!(made["usagePlanIds"][0], plan);
    assert_eq!(run(&["keys", "delete", &id(&made)]).await.code, Some(0));
    let missing = run(&["plans", "create", "--name", "p", "--stage", "abcdefghij/dev"]).await;
    assert!(missing.complained.contains("there is no API `abcdefghij` with a stage `dev`"), "{missing:?}");

    let nobody = run_in(directory.path(), &["keys", "list", "--control", &control], &[]).await;
    assert!(nobody.complained.contains("start one with `gatelet dev`, say where it listens"), "{nobody:?}");
    let nowhere = run_in(directory.path(), &["keys", "list", "--state", "elsewhere"], &[]).await;
    assert!(nowhere.complained.contains("there is no state in `elsewhere`"), "{nowhere:?}");
    let both = run_in(directory.path(), &["keys", "list", "--state", "s", "--control", &control], &[]).await;
    assert!(both.complained.contains("cannot be used with"), "{both:?}");
}

/// Tables over the network, and the key that the router has.
struct Tables {
    setup: Setup,
    key: String,
}

impl Tables {
    async fn new() -> Self {
        let setup = Setup::new().await;
        let store = Store::endpoint(format!("http://{}", setup.address), None).unwrap();
        let (region, clock) = (Region::parse(REGION).unwrap(), Arc::new(SystemClock::new()));
        store.credentials(region.clone(), None, clock.clone()).await.unwrap();
        store.counters(region, clock).await.unwrap();
        Self { setup, key: CredentialKeys::generate().unwrap().text }
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let endpoint = format!("http://{}", self.setup.address);
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", &*endpoint),
            ("GATELET_CREDENTIALS_TABLE", "gatelet-credentials"),
            ("GATELET_CREDENTIALS_KEY", &self.key),
            ("GATELET_DEFINITIONS_TABLE", "gatelet-definitions"),
        ];
        let arguments = [arguments, &["--account", ACCOUNT, "--region", REGION]].concat();
        run_in(self.setup.directory.path(), &arguments, &variables).await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        serde_json::from_str(&ended.said).unwrap()
    }
}

#[tokio::test]
async fn tables_are_worked_on_over_the_network() {
    let tables = Tables::new().await;
    tables.setup.write("openapi.yaml", &mocks(&["/a"]));
    let deployed = tables.json(&["deploy", "openapi.yaml"]).await;
    let stage = format!("{}/dev", deployed["stages"][0]["api"]["id"].as_str().unwrap());
    let create = ["plans", "create", "--name", "gold", "--quota", "10/month", "--stage", &stage];
    let plan = id(&tables.json(&create).await);
    let key = id(&tables.json(&["keys", "create", "--plan", &plan]).await);
    assert_eq!(tables.json(&["keys", "list", "--plan", &plan]).await["items"][0]["id"], key);
    assert_eq!(tables.json(&["usage", "extend", &plan, &key, "--remaining", "4"]).await["remaining"], 4);
    assert_eq!(tables.json(&["usage", &plan]).await["items"], serde_json::json!([]));
    let missing = tables.run(&["keys", "list", "--table", "missing"]).await;
    assert!(missing.complained.contains("there is no table `missing` at http://"), "{missing:?}");

    let keyless = Tables { key: String::new(), ..tables };
    let refused = keyless.run(&["keys", "create"]).await;
    assert_eq!((refused.code, refused.said.as_str()), (Some(2), ""));
    assert!(refused.complained.contains("GATELET_CREDENTIALS_KEY"), "{refused:?}");
}

#[tokio::test]
async fn a_template_s_keys_and_plans_are_deployed_with_it() {
    let tables = Tables::new().await;
    tables.setup.write("template.yaml", &super::templates::template("10"));
    let endpoint = format!("http://{}", tables.setup.address);
    let place = ["--table", "gatelet-definitions", "--account", ACCOUNT, "--region", REGION];
    let bare = [&["deploy", "template.yaml"][..], &place].concat();
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", &*endpoint)];
    let refused = run_in(tables.setup.directory.path(), &bare, &variables).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.complained.contains("nothing is deployed: the definitions have API keys or usage plans"),
        "{refused:?}"
    );
    let without = [&bare[..], &["--without-usage-plans"]].concat();
    assert_eq!(run_in(tables.setup.directory.path(), &without, &variables).await.code, Some(0));
    assert_eq!(tables.json(&["plans", "list"]).await["items"], serde_json::json!([]));

    let deployed = tables.json(&["deploy", "template.yaml"]).await;
    let (plan, key) = (&deployed["usage"]["plans"][0], &deployed["usage"]["apiKeys"][0]);
    assert_eq!((&plan["name"], &plan["changed"]), (&"gold".into(), &true.into()));
    assert_eq!((&key["logicalId"], &key["changed"]), (&"Partner".into(), &true.into()));
    let shown = tables.json(&["keys", "show", &id(key), "--include-value"]).await;
    assert_eq!((&shown["usagePlanIds"][0], &shown["template"]), (&plan["id"], &"template.yaml".into()));
    let value = shown["value"].as_str().unwrap();
    assert_eq!(value.len(), 40);

    let again = tables.run(&["deploy", "template.yaml"]).await;
    assert!(again.said.contains(&format!("usage plan gold  {}  unchanged\n", id(plan))), "{again:?}");
    assert!(again.said.contains(&format!("API key Partner  {}  unchanged\n", id(key))), "{again:?}");
    assert!(!format!("{deployed}{again:?}").contains(value));
    assert_eq!(tables.json(&["keys", "show", &id(key), "--include-value"]).await["value"], value);

    // A key that was revoked stays so, and nothing is deleted that nobody asked to delete.
    assert_eq!(tables.json(&["keys", "disable", &id(key)]).await["enabled"], false);
    let again = tables.json(&["deploy", "template.yaml"]).await;
    assert_eq!(again["usage"]["apiKeys"][0]["staysDisabled"], true);
    assert_eq!(tables.json(&["keys", "show", &id(key)]).await["enabled"], false);
    let without = super::templates::template("10").split_once("  Gold:").unwrap().0.to_owned();
    tables.setup.write("template.yaml", &without);
    let surplus = serde_json::json!([id(key), id(plan)]);
    let kept = tables.json(&["deploy", "template.yaml"]).await;
    assert_eq!((&kept["usage"]["surplus"], &kept["usage"]["removed"]), (&surplus, &serde_json::json!([])));
    assert_eq!(tables.json(&["keys", "show", &id(key), "--include-value"]).await["value"], value);
    let pruned = tables.json(&["deploy", "template.yaml", "--prune"]).await;
    assert_eq!(
        (&pruned["usage"]["surplus"], &pruned["usage"]["removed"]),
        (&serde_json::json!([]), &surplus)
    );
    assert_eq!(tables.json(&["keys", "list"]).await["items"], serde_json::json!([]));
}
