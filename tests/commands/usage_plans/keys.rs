//! Keys of a gateway that runs: made, imported, listed, and nowhere shown.

use super::gateway::{Running, id};

/// As long as AWS takes values, and of every class.
const VALUE: &str = "given-by-the-operator-0123456789";

#[tokio::test]
async fn a_value_is_told_where_it_is_asked_for_and_nowhere_else() {
    let gateway = Running::shop().await;
    let plan = gateway.plan("dev", &[]).await;
    let made = gateway.said(&["keys", "create", "--name", "partner", "--plan", &plan]).await;
    let variable = |name: &str| {
        let mut values = made.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next().unwrap_or_else(|| panic!("`{name}` in {made}")).to_owned()
    };
    let (key, value) = (variable("API_KEY_ID"), variable("API_KEY"));
    assert_eq!(value.len(), 40);
    assert!(made.lines().skip(2).all(|line| line.starts_with("# ")), "{made}");

    std::fs::write(gateway.directory.path().join("value"), format!("{VALUE}\n")).unwrap();
    let given =
        gateway.json(&["keys", "create", "--value", "value", "--disabled", "--description", "d"]).await;
    assert_eq!(
        (&given["enabled"], &given["description"], &given["value"]),
        (&false.into(), &"d".into(), &().into())
    );

    assert!(
        gateway
            .said(&["keys", "show", &key, "--include-value"])
            .await
            .contains(&format!("  value {value}\n"))
    );
    assert_eq!(gateway.json(&["keys", "show", &id(&given), "--include-value"]).await["value"], VALUE);
    assert_eq!(gateway.call("dev", Some(&value)).await, 200);
    let mut quiet = String::new();
    for arguments in [
        &["keys", "list"][..],
        &["keys", "list", "--json"],
        &["keys", "list", "--plan", &plan, "--json"],
        &["keys", "show", &key],
        &["keys", "show", &key, "--json"],
        &["keys", "disable", &key, "--json"],
        &["plans", "show", &plan, "--json"],
    ] {
        quiet += &gateway.said(arguments).await;
    }
    quiet += &gateway.complained(&["keys", "create", "--value", "value"]).await;
    assert!(quiet.contains("there is another API key with this value"), "{quiet}");
    std::fs::write(gateway.directory.path().join("value"), "too-short-secret").unwrap();
    quiet += &gateway.complained(&["keys", "create", "--value", "value"]).await;
    assert!(quiet.contains("20 to 128 letters and digits"), "{quiet}");
    for secret in [&*value, VALUE, "too-short-secret"] {
        assert!(!quiet.contains(secret), "{quiet}");
    }
}

#[tokio::test]
async fn keys_are_listed_by_plan_and_name_in_a_stable_form() {
    let gateway = Running::shop().await;
    assert!(gateway.said(&["keys", "list"]).await.contains("`gatelet keys create` makes one"));
    assert!(gateway.said(&["plans", "list"]).await.contains("`gatelet plans create --name NAME"));
    let method = format!("{}/dev:/things/GET=1:2", gateway.api());
    let more = [
        "--throttle",
        "0.5:3",
        "--quota",
        "9/week",
        "--offset",
        "2",
        "--method-throttle",
        &method,
        "--strict",
    ];
    let plan = gateway.plan("dev", &more).await;
    for name in ["ada", "bob"] {
        gateway.said(&["keys", "create", "--name", name]).await;
    }
    let key = gateway.json(&["keys", "create", "--name", "adam", "--customer", "c1", "--plan", &plan]).await;
    let names = async |arguments: &[&str]| {
        let listed = gateway.json(&[&["keys", "list"], arguments].concat()).await;
        let names =
            listed["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    assert_eq!(names(&[]).await, ["ada", "adam", "bob"]);
    assert_eq!(names(&["--name-prefix", "ad"]).await, ["ada", "adam"]);
    assert_eq!(names(&["--plan", &plan]).await, ["adam"]);
    let table = gateway.said(&["keys", "list"]).await;
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .split_whitespace()
            .eq("API key Name Status Plans Created (UTC)".split(' '))
    );

    let shown = gateway.json(&["keys", "show", &id(&key)]).await;
    let mut fields: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "createdDate",
            "customerId",
            "description",
            "enabled",
            "id",
            "lastUpdatedDate",
            "name",
            "tags",
            "template",
            "usagePlanIds"
        ]
    );
    assert_eq!((&shown["customerId"], &shown["usagePlanIds"][0]), (&"c1".into(), &plan.clone().into()));
    assert_eq!(
        gateway.json(&["plans", "show", &plan]).await,
        serde_json::json!({
            "id": plan,
            "name": "plan",
            "description": null,
            "apiStages": [{
                "apiId": gateway.api(),
                "stage": "dev",
                "throttle": { "/things/GET": { "rateLimit": 1.0, "burstLimit": 2 } },
            }],
            "throttle": { "rateLimit": 0.5, "burstLimit": 3 },
            "quota": { "limit": 9, "offset": 2, "period": "WEEK" },
            "productCode": null,
            "tags": { "gatelet:quota": "strict" },
            "notDeployed": [],
        })
    );
    let text = gateway.said(&["plans", "show", &plan]).await;
    for part in
        ["each key 0.5/s, 3 at once", "9/week, 2 fewer in its first week", "/things/GET  1/s, 2 at once"]
    {
        assert!(text.contains(part), "{text}");
    }
    let updated = gateway
        .json(&["plans", "update", &plan, "--quota", "8/week", "--no-strict", "--name", "silver"])
        .await;
    assert_eq!(
        (&updated["quota"]["offset"], &updated["tags"], &updated["name"]),
        (&2.into(), &serde_json::json!({}), &"silver".into())
    );
    let stage = format!("{}/dev", gateway.api());
    assert_eq!(
        gateway.json(&["plans", "update", &plan, "--remove-stage", &stage]).await["apiStages"],
        serde_json::json!([])
    );
    assert_eq!(gateway.said(&["plans", "delete", &plan]).await, format!("{plan}  is deleted\n"));
    assert_eq!(gateway.json(&["keys", "show", &id(&key)]).await["usagePlanIds"], serde_json::json!([]));
}

#[tokio::test]
async fn keys_come_from_a_file() {
    let gateway = Running::shop().await;
    let plan = gateway.plan("dev", &[]).await;
    let file = format!(
        "Name,Key,Description,Enabled,UsagePlanIds\nada,{VALUE},,TRUE,{plan}\nbob,short-secret,,TRUE,\neve,{VALUE}-of-eve,,TRUE,nope\n"
    );
    std::fs::write(gateway.directory.path().join("keys.csv"), &file).unwrap();
    let refused = gateway.complained(&["keys", "import", "keys.csv", "--fail-on-warnings"]).await;
    assert!(refused.contains("keys.csv") && refused.contains(":3"), "{refused}");
    assert_eq!(gateway.json(&["keys", "list"]).await["items"], serde_json::json!([]));

    let imported = gateway.json(&["keys", "import", "keys.csv"]).await;
    assert_eq!(
        (imported["ids"].as_array().unwrap().len(), imported["warnings"].as_array().unwrap().len()),
        (1, 2)
    );
    assert_eq!(gateway.call("dev", Some(VALUE)).await, 200);
    let again = gateway.said(&["keys", "import", "keys.csv"]).await;
    assert!(again.contains("1 key is imported\n") && again.contains("passed over: "), "{again}");
    assert_eq!(gateway.json(&["keys", "list"]).await["items"].as_array().unwrap().len(), 1);
    for told in [refused, imported.to_string(), again] {
        assert!(!told.contains(VALUE) && !told.contains("short-secret"), "{told}");
    }
    let missing = gateway.complained(&["keys", "import", "missing.csv"]).await;
    assert!(missing.contains("the file in `missing.csv` cannot be used: there is no such file"), "{missing}");
}
