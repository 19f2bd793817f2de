//! Custom domains.

use gatelet_core::ports::Definitions;

use crate::fixture::{Setup, mocks, soon};

#[tokio::test]
async fn a_domain_is_mapped_shown_and_forgotten() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let deployed = setup.json(&["deploy", "api.yaml", "--stage", "prod"]).await;
    let id = deployed["stages"][0]["api"]["id"].as_str().unwrap();
    let name = "api.example.com";

    let unknown = setup.on_table(&["domain", name]).await;
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.complained.contains("the domain `api.example.com` is not mapped in"), "{unknown:?}");

    let mapped = setup
        .on_table(&["domain", "API.example.com", "--map", id, "--map", &format!("pets/v1={id}:prod")])
        .await;
    let text = format!("{name}  / → {id}\n{name}  /pets/v1 → {id}:prod\n");
    assert_eq!((mapped.code, &mapped.said), (Some(0), &text), "{mapped:?}");
    assert_eq!(setup.on_table(&["domain", name]).await.said, text);
    let found = setup.definitions().await.domain(name, soon()).await.unwrap().unwrap();
    assert_eq!(found.mappings.len(), 2);

    let fewer = setup.on_table(&["domain", name, "--map", &format!("{id}:prod")]).await;
    assert_eq!(fewer.said, format!("{name}  / → {id}:prod\n"), "what was mapped before is not");

    let removed = setup.on_table(&["domain", name, "--remove"]).await;
    assert_eq!((removed.code, removed.said.as_str()), (Some(0), "api.example.com  is mapped no more\n"));
    assert!(setup.definitions().await.domain(name, soon()).await.unwrap().is_none());
    assert_eq!(setup.on_table(&["domain", name, "--remove"]).await.code, Some(2));
}

#[tokio::test]
async fn nothing_is_mapped_that_nobody_would_find() {
    let setup = Setup::new().await;
    setup.write("api.yaml", &mocks(&["/a"]));
    let deployed = setup.json(&["deploy", "api.yaml", "--stage", "prod"]).await;
    let id = deployed["stages"][0]["api"]["id"].as_str().unwrap();
    for (maps, message) in [
        (vec!["nothing"], "there is no API `nothing` in the table `gatelet-definitions` at http://"),
        (vec![&*format!("{id}:dev")], "has no stage `dev`; `gatelet deployments` lists"),
        (vec![id, &format!("={id}:prod")], "two mappings have the path `/`; name each path once"),
        (vec!["a b=c"], "invalid value 'a b=c' for '--map"),
    ] {
        let mut arguments = vec!["domain", "api.example.com"];
        maps.iter().for_each(|map| arguments.extend(["--map", *map]));
        let ended = setup.on_table(&arguments).await;
        assert!(ended.complained.contains(message), "{arguments:?}: {ended:?}");
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{arguments:?}");
    }
    assert!(setup.definitions().await.domain("api.example.com", soon()).await.unwrap().is_none());
}
