//! What plans and keys come to in a gateway that runs.

use serde_json::Value;

use super::gateway::{Running, id, until};

#[tokio::test]
async fn a_plan_and_its_key_open_a_stage_and_close_it() {
    let gateway = Running::shop().await;
    assert!(gateway.shown.contains("asks for API keys, and no usage plan opens it"), "{}", gateway.shown);
    let create = format!("gatelet plans create --name NAME --stage {}/dev", gateway.api());
    assert!(gateway.shown.contains(&create), "{}", gateway.shown);

    let plan = gateway.plan("dev", &[]).await;
    let (key, value) = gateway.key(&plan).await;
    assert_eq!(gateway.call("dev", None).await, 403);
    assert_eq!(gateway.call("dev", Some("nobody-s-key-of-any-plan")).await, 403);
    assert_eq!(gateway.call("dev", Some(&value)).await, 200);

    // Everything is changed at once, since a gateway remembers a key for seconds.
    let (unassigned, second) = gateway.key(&plan).await;
    let (deleted, third) = gateway.key(&plan).await;
    let off = gateway.json(&["keys", "create", "--plan", &plan, "--disabled"]).await;
    let (enabled, fourth) = (id(&off), off["value"].as_str().unwrap());
    let out = gateway.json(&["keys", "create"]).await;
    let (assigned, fifth) = (id(&out), out["value"].as_str().unwrap());
    for (value, status) in [(&*second, 200), (&*third, 200), (fourth, 403), (fifth, 403)] {
        assert_eq!(gateway.call("dev", Some(value)).await, status);
    }
    assert_eq!(gateway.said(&["keys", "disable", &key]).await, format!("{key}  is disabled\n"));
    assert_eq!(gateway.said(&["keys", "enable", &enabled]).await, format!("{enabled}  is enabled\n"));
    gateway.said(&["keys", "unassign", &unassigned, &plan]).await;
    gateway.said(&["keys", "assign", &assigned, &plan]).await;
    gateway.said(&["keys", "delete", &deleted]).await;
    for value in [&value, &second, &third] {
        gateway.call_until("dev", value, 403).await;
    }
    for value in [fourth, fifth] {
        gateway.call_until("dev", value, 200).await;
    }
}

#[tokio::test]
async fn a_plan_opens_a_stage_of_an_api_gateway() {
    let gateway = Running::shop().await;
    let own = format!("{}/dev", gateway.api());
    let foreign = ["--stage", &own, "--foreign-stage", "a1b2c3d4e5/$default"];
    let made = gateway.json(&[&["plans", "create", "--name", "outside"][..], &foreign].concat()).await;
    let plan = id(&made);
    let not_deployed = serde_json::json!([{ "apiId": "a1b2c3d4e5", "stage": "$default" }]);
    assert_eq!(made["notDeployed"], not_deployed);
    let text = gateway.said(&["plans", "show", &plan]).await;
    assert!(text.contains("  opens a1b2c3d4e5/$default, which is not deployed here\n"), "{text}");
    assert!(text.contains(&format!("  opens {own}\n")), "{text}");
    let (_, value) = gateway.key(&plan).await;
    assert_eq!(gateway.call("dev", Some(&value)).await, 200);

    let more = ["plans", "update", &plan, "--foreign-stage", "a1b2c3d4e5/prod"];
    assert_eq!(gateway.json(&more).await["notDeployed"].as_array().unwrap().len(), 2);
    let refused = gateway.complained(&["plans", "update", &plan, "--stage", "a1b2c3d4e5/test"]).await;
    assert!(refused.contains("there is no API `a1b2c3d4e5`"), "{refused}");
}

#[tokio::test]
async fn a_throttle_holds_until_another_is_said() {
    let gateway = Running::shop().await;
    // What comes after the burst comes in hours.
    let plan = gateway.plan("dev", &["--throttle", "0.0001:2"]).await;
    let (_, value) = gateway.key(&plan).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(gateway.call("dev", Some(&value)).await);
    }
    assert_eq!(statuses, [200, 200, 429, 429]);

    let (other_key, other) = gateway.key(&plan).await;
    assert_eq!(gateway.call("dev", Some(&other)).await, 200, "limits are each key's own");
    gateway.said(&["plans", "update", &plan, "--throttle", "none"]).await;
    gateway.call_until("dev", &value, 200).await;
    let method = format!("{}/dev:/things/GET=0:0", gateway.api());
    gateway.said(&["plans", "update", &plan, "--method-throttle", &method]).await;
    gateway.call_until("dev", &value, 429).await;

    let used = ["usage", &plan, "--key", &other_key];
    until(async || today(&gateway.json(&used).await)["used"] == 1).await;
    let usage = gateway.json(&["usage", &plan]).await;
    assert_eq!(usage["items"].as_array().unwrap().len(), 2);
}

/// The last day of the first key.
fn today(usage: &Value) -> Value {
    let days = usage["items"][0]["days"].as_array();
    days.and_then(|days| days.last()).cloned().unwrap_or_default()
}

#[tokio::test]
async fn usage_and_what_is_left_of_a_quota_are_shown() {
    let gateway = Running::shop().await;
    let plan = gateway.plan("dev", &["--quota", "3/month"]).await;
    assert!(
        gateway.said(&["usage", &plan]).await.starts_with("no key of the plan was used from "),
        "nothing is used yet"
    );
    let (key, value) = gateway.key(&plan).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(gateway.call("dev", Some(&value)).await);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);

    until(async || today(&gateway.json(&["usage", &plan]).await)["refused"] == 2).await;
    let usage = gateway.json(&["usage", &plan]).await;
    let today = today(&usage);
    assert_eq!((&today["used"], &today["remaining"]), (&3.into(), &0.into()));
    assert_eq!(
        (&usage["usagePlanId"], &usage["items"][0]["keyId"]),
        (&plan.clone().into(), &key.clone().into())
    );
    assert_eq!(usage["items"][0]["days"].as_array().unwrap().len(), 7);

    let date = today["date"].as_str().unwrap();
    assert_eq!(usage["endDate"], date);
    let csv = gateway.said(&["usage", &plan, "--from", date, "--to", date, "--csv"]).await;
    assert_eq!(csv, format!("key,name,day,used,remaining,refused\n{key},,{date},3,0,2\n"));
    let text = gateway.said(&["usage", &plan]).await;
    let row: Vec<&str> = text.lines().find(|line| line.contains(&key)).unwrap().split_whitespace().collect();
    assert_eq!(row, [&*key, "-", date, "3", "0", "2"]);
    assert!(text.trim_end().ends_with("3 + 2 refused"), "{text}");

    let told = gateway.said(&["usage", "extend", &plan, &key, "--remaining", "1"]).await;
    assert!(told.starts_with(&format!("{key}  has 1 left in the plan {plan}")), "{told}");
    gateway.call_until("dev", &value, 200).await;
    assert_eq!(gateway.call("dev", Some(&value)).await, 429);
    assert_eq!(
        gateway.said(&["usage", "extend", &plan, &key, "--remaining", "0", "--json"]).await,
        format!("{{\n  \"keyId\": \"{key}\",\n  \"remaining\": 0,\n  \"usagePlanId\": \"{plan}\"\n}}\n")
    );
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let gateway = Running::shop().await;
    let plan = gateway.plan("dev", &[]).await;
    let (key, _) = gateway.key(&plan).await;
    let other = gateway.plan("dev", &[]).await;
    let stage = format!("{}/dev", gateway.api());
    let missing = format!("{}/prod", gateway.api());
    let method = format!("{}/dev:/things/GET=1:1", gateway.api());
    for (arguments, message) in [
        (&["keys", "show", "nope"][..], "there is no API key with the id `nope`"),
        (&["keys", "assign", "nope", &plan], "there is no API key with the id `nope`"),
        (&["keys", "assign", &key, "nope"], "there is no usage plan with the id `nope`"),
        (&["keys", "assign", &key, &other], &format!("`{key}`")),
        (&["keys", "create", "--plan", "nope"], "there is no usage plan with the id `nope`"),
        (&["plans", "create", "--name", "p", "--stage", &missing], "has no stage `prod`; deploy it first"),
        (&["plans", "create", "--name", "p", "--stage", "abcdefghij/dev"], "there is no API `abcdefghij`"),
        (&["plans", "create", "--name", "p", "--stage", "dev"], "`dev` is no stage: write the API's id"),
        (
            &["plans", "create", "--name", "p", "--throttle", "-1:5"],
            "`-1` is not a rate; give requests per second",
        ),
        (
            &["plans", "create", "--name", "p", "--throttle", "5"],
            "`5` is no throttle: write requests per second",
        ),
        (
            &["plans", "create", "--name", "p", "--quota", "10/year"],
            "`10/year` is no quota: write requests and a period",
        ),
        (
            &["plans", "create", "--name", "p", "--quota", "5/day", "--offset", "6"],
            "the quota's offset is larger than its limit",
        ),
        (&["plans", "create", "--name", "p", "--method-throttle", &method], "add `--stage"),
        (&["plans", "create", "--name", ""], "the usage plan has no name"),
        (&["plans", "update", &plan, "--offset", "1"], "the plan has no quota that could have an offset"),
        (&["plans", "update", &plan], "nothing is to be different"),
        (&["plans", "update", &plan, "--stage", &stage], "already"),
        (&["plans", "delete", &plan], "cannot be deleted: it opens stages"),
        (&["usage", &plan, "--from", "2026-13-01"], "`2026-13-01` is no day; write it as `2026-11-21`"),
        (&["usage", &plan, "--from", "2026-11-02", "--to", "2026-11-01"], "is before the first"),
        (&["usage", "extend", &plan, &key, "--remaining", "5"], "has no quota"),
        (&["usage", "nope"], "there is no usage plan with the id `nope`"),
    ] {
        let complained = gateway.complained(arguments).await;
        assert!(complained.contains(message), "{arguments:?}: {complained}");
        assert_eq!(complained.matches("error").count(), 1, "{complained}");
    }
    assert_eq!(gateway.json(&["plans", "list"]).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        gateway.json(&["keys", "list"]).await["items"].as_array().unwrap().len(),
        1,
        "no key is left over"
    );
}
