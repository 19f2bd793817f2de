#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::integration::Integration;
use crate::text::{MethodKey, PartId};

fn api(paths: &[&str]) -> RestApiParts {
    let mut parts = RestApiParts::new(ApiId::parse("abc123").unwrap(), "pets");
    parts.resources = paths
        .iter()
        .map(|path| Resource {
            id: PartId::parse("r1").unwrap(),
            path: PathTemplate::parse(path).unwrap(),
            methods: IndexMap::from([(MethodKey::Any, Method::default())]),
        })
        .collect();
    parts
}

#[test]
fn siblings_may_hold_one_parameter_and_one_greedy_parameter() {
    assert!(RestApi::new(api(&["/", "/a", "/{x}", "/{x}/b", "/{p+}", "/a/{y}", "/a/{q+}"])).is_ok());
    let problems = RestApi::new(api(&["/a/{x}", "/a/{y}/b"])).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems.iter().next().unwrap().message.contains("/a/{x}"));
}

#[test]
fn all_problems_are_collected() {
    let mut parts = api(&["/a", "/a", "/b"]);
    let broken = Method {
        authorization: Authorization::Authorizer { id: PartId::parse("nobody").unwrap(), scopes: vec![] },
        request_validator: Some("none".into()),
        request_models: IndexMap::from([("application/json".into(), ModelName::parse("Pet").unwrap())]),
        integration: Some(Integration::new(IntegrationType::Http)),
        ..Method::default()
    };
    parts.resources.last_mut().unwrap().methods.insert(MethodKey::Any, broken);
    let problems = RestApi::new(parts).unwrap_err();
    assert_eq!(problems.len(), 5, "{problems:?}");
    assert_eq!(problems.iter().filter(|problem| problem.about == "ANY /b").count(), 4);
}

#[test]
fn stored_form_goes_through_the_same_checks() {
    let good = RestApi::new(api(&["/", "/a/{x}"])).unwrap();
    let stored = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<RestApi>(&stored).unwrap(), good);
    let bad = serde_json::to_string(&api(&["/a", "/a"])).unwrap();
    assert!(serde_json::from_str::<RestApi>(&bad).unwrap_err().to_string().contains("defined twice"));
}

#[test]
fn method_settings_name_their_target_in_every_form() {
    for (text, path, method) in [
        ("*/*", None, None),
        ("/*/*", None, None),
        ("/pets/{id}/GET", Some("/pets/{id}"), Some("GET")),
        ("~1pets~1{id}/GET", Some("/pets/{id}"), Some("GET")),
        ("pets/*", Some("/pets"), None),
        ("//GET", Some("/"), Some("GET")),
    ] {
        let target = MethodSettingsTarget::parse(text).unwrap();
        assert_eq!(target.path.as_ref().map(PathTemplate::as_str), path, "{text}");
        assert_eq!(target.method.map(MethodKey::as_str), method, "{text}");
        assert_eq!(MethodSettingsTarget::parse(&String::from(target.clone())).unwrap(), target);
    }
}
