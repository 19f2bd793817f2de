//! One file beside the binary.

use gatelet_aws::definitions::{PACK_FILE, PackedDefinitions};
use gatelet_core::ports::Definitions;
use gatelet_tests::command::workspace;

use crate::fixture::{ACCOUNT, REGION, Setup, mocks, soon};

#[tokio::test]
async fn what_is_packed_is_what_is_deployed() {
    let setup = Setup::new().await;
    let petstore = workspace().join("examples/petstore");
    let (rest, http) = (petstore.join("openapi.yaml"), petstore.join("http.yaml"));
    let given = [rest.to_str().unwrap(), http.to_str().unwrap(), "--variable", "pets=pets.example.com"];
    let place = ["--into", "zip/function", "--account", ACCOUNT, "--region", REGION];
    let packed = setup.run(&[&["pack"], &given[..], &place].concat()).await;
    assert_eq!(packed.code, Some(0), "{packed:?}");
    assert!(packed.complained.contains("http.yaml` lies outside of the current directory"), "{packed:?}");
    let path = setup.directory.path().join("zip/function").join(PACK_FILE);
    let file = PackedDefinitions::read_file(&path).unwrap().unwrap();
    assert!(
        packed.said.contains(&format!("{} bytes, for account {ACCOUNT}", path.metadata().unwrap().len()))
    );

    let deployed = setup.on_table(&[&["deploy"], &given[..]].concat()).await;
    assert_eq!(deployed.code, Some(0), "{deployed:?}");
    let table = setup.definitions().await;
    assert_eq!(file.apis().count(), 2);
    for id in file.apis() {
        assert!(packed.said.contains(id.as_str()), "{packed:?}");
        let (packed, stored) = (file.published(id, soon()).await, table.published(id, soon()).await);
        let (packed, stored) = (packed.unwrap().unwrap(), stored.unwrap().unwrap());
        assert_eq!(packed.stages().count(), stored.stages().count());
        for (packed, stored) in packed.stages().zip(stored.stages()) {
            assert_eq!(packed.deployment_id(), stored.deployment_id(), "to the byte");
            assert_eq!((packed.name(), packed.variables()), (stored.name(), stored.variables()));
            assert_eq!((packed.account_id(), packed.version()), (stored.account_id(), stored.version()));
        }
    }
}

#[tokio::test]
async fn a_short_table_says_what_is_in_the_file() {
    let setup = Setup::without_table().await;
    setup.write("api.yaml", &mocks(&["/a", "/b"]));
    let ended = setup.run(&["pack", "api.yaml", "--into", ".", "--stage", "live"]).await;
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
    let row = ended.said.lines().find(|line| line.contains("Mocks")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!((&words[..3], &words[4..6]), (&["Mocks", "REST", "API"][..], &["live", "2"][..]), "{ended:?}");

    let before = std::fs::read(setup.directory.path().join(PACK_FILE)).unwrap();
    setup.write("api.yaml", "openapi: [");
    let ended = setup.run(&["pack", "api.yaml", "--into", "."]).await;
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""));
    assert!(ended.complained.contains("--> api.yaml:1:"), "{ended:?}");
    assert!(ended.complained.contains("error: `api.yaml` cannot be used; correct the errors above"));
    assert_eq!(std::fs::read(setup.directory.path().join(PACK_FILE)).unwrap(), before, "the file stays");
    let names: Vec<_> =
        std::fs::read_dir(setup.directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing else is left there: {names:?}");
}

#[tokio::test]
async fn an_account_that_is_nobodys_is_told() {
    let setup = Setup::without_table().await;
    setup.write(
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Pets:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
      Events: { Get: { Type: HttpApi, Properties: { Path: /pets, Method: GET } } }
",
    );
    let told = setup.run(&["pack", "template.yaml", "--into", "."]).await;
    assert!(told.said.contains("that account, which is nobody's"), "{told:?}");
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(
        told.complained.contains("the function `Pets` of `template.yaml` has no `FunctionName`"),
        "{told:?}"
    );
    let given = setup.run(&["pack", "template.yaml", "--into", ".", "--account", ACCOUNT]).await;
    assert_eq!(given.code, Some(0));
    assert!(!given.said.contains("nobody's"), "{given:?}");
}
