#![allow(clippy::unwrap_used, reason = "tests")]
use gatelet_model::{Integration, IntegrationType};

use super::*;

fn compiled(uri: &str, credentials: Option<&str>) -> Result<AwsService, String> {
    let variables = [("table", "pets"), ("service", "sqs")];
    let variables =
        StageVariables::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    let mut integration = Integration::new(IntegrationType::Aws);
    integration.uri = Some(uri.to_owned());
    integration.credentials = credentials.map(str::to_owned);
    AwsService::compile(&ApiId::parse("abc123").unwrap(), &integration, &variables)
}

#[test]
fn stage_variables_stand_anywhere() {
    let uri = "arn:aws:apigateway:us-east-1:${stageVariables.service}:path/1/${stageVariables.table}";
    let service = compiled(uri, Some("arn:aws:iam::1:role/${stageVariables.table}")).unwrap();
    assert_eq!(&*service.address.host, "sqs.us-east-1.amazonaws.com");
    assert_eq!(service.role.as_deref(), Some("arn:aws:iam::1:role/pets"));
    assert_eq!(service.target.render(&[], None, "", "").unwrap().path(), "/1/pets");
}

#[test]
fn what_cannot_work_is_told_to_the_author() {
    for (uri, credentials, said) in [
        ("arn:aws:apigateway:us-east-1:sqs:Action/SendMessage", None, "neither an action nor a path"),
        ("arn:aws:apigateway:us-east-1:sqs:action/{name}", None, "an action that cannot be one"),
        ("arn:aws:apigateway:us-east-1:sqs:action/${stageVariables.none}", None, "no variable `none`"),
        ("https://sqs.us-east-1.amazonaws.com", None, "names no AWS service"),
        ("arn:aws:apigateway:us-east-1:s3:path/a b", None, ""),
        ("arn:aws:apigateway:us-east-1:sqs:path/", Some(CALLERS_OWN), "it can sign for no caller"),
        ("arn:aws:apigateway:us-east-1:sqs:path/", Some("arn:aws:iam::1:role/{x}"), "has a placeholder"),
    ] {
        let Err(why) = compiled(uri, credentials) else {
            // What a request makes of it is no address, and is told then.
            assert!(compiled(uri, credentials).unwrap().target.render(&[], None, "", "").is_err(), "{uri}");
            continue;
        };
        assert!(why.contains(said), "{uri}: {why}");
    }
}

#[test]
fn a_form_adds_only_what_is_not_named_yet() {
    let with = |named: &str, form: &[u8]| {
        let mut parameters = named.to_owned();
        push_unnamed(&mut parameters, named, form);
        parameters
    };
    for (named, form, expected) in [
        ("Action=A&QueueUrl=q", &b"MessageBody=a+b%26&x"[..], "Action=A&QueueUrl=q&MessageBody=a%20b%26&x="),
        ("Action=A&QueueUrl=q", b"Action=PurgeQueue&QueueUrl=other&Version=1", "Action=A&QueueUrl=q"),
        ("Action=A&Queue%55rl=q", b"%41ction=B&&action=C&QueueUrl=other&version", "Action=A&Queue%55rl=q"),
        ("Action=A", b"Action%00=B", "Action=A&Action%00=B"),
        ("Action=A", b"\xff&Message=x", "Action=A"),
    ] {
        assert_eq!(with(named, form), expected);
    }
}

#[test]
fn a_query_names_the_action_once() {
    let service = compiled("arn:aws:apigateway:us-east-1:sqs:action/SendMessage", None).unwrap();
    assert_eq!(
        service.query("Action=PurgeQueue&MessageBody=a%20b&Action=x"),
        "Action=SendMessage&Version=2012-11-05&MessageBody=a%20b"
    );
    assert_eq!(service.query("Version=2011-10-01"), "Action=SendMessage&Version=2011-10-01");
    let service = compiled("arn:aws:apigateway:us-east-1:sqs:path/1/q", None).unwrap();
    assert_eq!(service.query("Action=PurgeQueue"), "Action=PurgeQueue");
}
