#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn id(fill: u8) -> AccessKeyId {
    AccessKeyId::from_random(&[fill; ID_CHARACTERS])
}

#[test]
fn ids_are_as_long_as_those_of_aws_and_read_as_written() {
    for fill in 0..=u8::MAX {
        let id = id(fill);
        assert_eq!(id.as_str().len(), 20);
        assert_eq!(AccessKeyId::parse(id.as_str()).unwrap(), id);
    }
    assert_ne!(id(0), id(31));
    for text in [
        "",
        "GTLK",
        "GTLKABCDEFGHIJKLMNO",
        "GTLKABCDEFGHIJKLMNOPQ",
        "AKIAABCDEFGHIJKLMNOP",
        "GTLKabcdefghijklmnop",
        "GTLKABCDEFGHIJKLMNO1",
        "GTLKABCDEFGHIJKLMN#P",
    ] {
        assert!(AccessKeyId::parse(text).is_err(), "{text}");
    }
}

#[test]
fn secrets_are_made_of_chance_and_not_shown() {
    let made = secret(&[7; SECRET_CHARACTERS]);
    assert_eq!(made.reveal().len(), SECRET_CHARACTERS);
    assert_ne!(made.reveal(), secret(&[8; SECRET_CHARACTERS]).reveal());
    assert!(!format!("{made:?}").contains(made.reveal()));
    let characters: std::collections::BTreeSet<char> = (0..=63)
        .flat_map(|byte| secret(&[byte; SECRET_CHARACTERS]).reveal().chars().collect::<Vec<_>>())
        .collect();
    assert_eq!(characters.len(), 64);
}

#[test]
fn a_user_follows_from_account_and_name() {
    let account = AccountId::parse("111122223333").unwrap();
    let region = |name: &str| Region::parse(name).unwrap();
    let name = |text: &str| UserName::parse(text).unwrap();
    let first = user(&account, &region("eu-west-1"), &name("ci"), &id(1));
    let second = user(&account, &region("eu-west-1"), &name("ci"), &id(2));
    assert_eq!(&*first.user_arn, "arn:aws:iam::111122223333:user/ci");
    assert_eq!(first.user_id, second.user_id);
    assert_eq!((first.user_id.len(), first.user_id.starts_with("GTLU")), (20, true));
    assert_ne!(first.user_id, user(&account, &region("eu-west-1"), &name("cd"), &id(1)).user_id);
    assert_eq!(first.access_key.as_deref(), Some(id(1).as_str()));
    let in_china = user(&account, &region("cn-north-1"), &name("ci"), &id(1));
    assert_eq!(&*in_china.user_arn, "arn:aws-cn:iam::111122223333:user/ci");
    for text in ["", "a b", "a/b", "a:b", "é", &"a".repeat(65)] {
        assert!(UserName::parse(text).is_err(), "{text}");
    }
}

#[test]
fn principals_are_users_and_roles() {
    for (text, stored) in [
        ("arn:aws:iam::111122223333:user/ci", "arn:aws:iam::111122223333:user/ci"),
        ("arn:aws:iam::111122223333:user/team/ci", "arn:aws:iam::111122223333:user/team/ci"),
        ("arn:aws:iam::111122223333:role/service-role/caller", "arn:aws:iam::111122223333:role/caller"),
        ("arn:aws-us-gov:iam::111122223333:role/caller", "arn:aws-us-gov:iam::111122223333:role/caller"),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
    ] {
        assert_eq!(PrincipalArn::parse(text).unwrap().as_str(), stored);
    }
    for text in [
        "",
        "ci",
        "arn:aws:iam::111122223333:group/ci",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role",
        "arn:aws:iam::111122223333:user//ci",
        "arn:aws:iam::1111:role/ci",
        "arn:aws:iam:eu-west-1:111122223333:role/ci",
        "arn:aws:s3::111122223333:role/ci",
        "arn:aws:iam::111122223333:role/*",
    ] {
        assert!(PrincipalArn::parse(text).is_err(), "{text}");
    }
    let session = PrincipalArn::parse("arn:aws:sts::111122223333:assumed-role/caller/session").unwrap_err();
    assert_eq!(session.help.as_deref(), Some("write the ARN of the role, not of one of its sessions"));
}

#[test]
fn a_policy_is_taken_as_it_is_written_or_refused_with_its_place() {
    let good = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}}"#;
    assert_eq!(&*policy("good.json", good.as_bytes()).unwrap(), good);
    let bad = good.replace("Allow", "Alow").replace(", \"Action\"", ",\n \"Action\"");
    let error = policy("bad.json", bad.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("bad.json:1:"), "{error}");
    assert!(error.contains("Alow"), "{error}");
    assert!(policy("not-text.json", b"\xff").is_err());
}
