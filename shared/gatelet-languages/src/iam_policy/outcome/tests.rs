use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

const ALLOW: Decision = Decision::Allow { statement: 0, delegated: false };
const DELEGATED: Decision = Decision::Allow { statement: 0, delegated: true };
const DENY: Decision = Decision::ExplicitDeny { statement: 0 };

fn tables() -> Option<Value> {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let file = root.join("apigw-authz-tables/tables.json");
    if !file.is_file() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", file.display());
        return None;
    }
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn decision(word: &Value) -> Decision {
    match word.as_str() {
        Some("allow") => ALLOW,
        Some("none") => Decision::ImplicitDeny,
        Some("deny") => DENY,
        _ => panic!("{word} is no decision"),
    }
}

fn outcome(word: &Value) -> Outcome {
    match word.as_str() {
        Some("allow") => Outcome::Allow,
        Some("implicit-deny") => Outcome::ImplicitDeny,
        Some("explicit-deny") => Outcome::ExplicitDeny,
        Some("401") => Outcome::Unauthorized,
        _ => panic!("{word} is no outcome"),
    }
}

#[test]
fn every_row_of_aws_s_tables() {
    let Some(tables) = tables() else { return };
    let mut rows = 0;
    let mut check = |row: &Value, authorization: Authorization| {
        let of = Outcome::of(authorization, Some(decision(&row["resource_policy"])));
        assert_eq!(of, outcome(&row["outcome"]), "{row}");
        rows += 1;
    };
    for (table, accounts) in [("same_account", Accounts::Same), ("cross_account", Accounts::Other)] {
        for row in tables[table].as_array().unwrap() {
            let decision = decision(&row["identity_or_lambda_authorizer"]);
            check(row, Authorization::Policy { decision, accounts });
        }
    }
    for row in tables["cognito_user_pool"]["rows"].as_array().unwrap() {
        check(row, Authorization::Token { accepted: row["token"] == "authenticated" });
    }
    for row in tables["resource_policy_only"].as_array().unwrap() {
        check(row, Authorization::None);
    }
    assert_eq!(rows, 27);
}

#[test]
fn a_lambda_authorizer_is_not_asked_where_the_resource_policy_denies() {
    assert_eq!(Outcome::before_lambda_authorizer(Some(DENY)), Some(Outcome::ExplicitDeny));
    for decision in [None, Some(ALLOW), Some(Decision::ImplicitDeny)] {
        assert_eq!(Outcome::before_lambda_authorizer(decision), None);
    }
}

#[test]
fn without_a_resource_policy_the_authorization_decides() {
    let same = |decision| Authorization::Policy { decision, accounts: Accounts::Same };
    let other = |decision| Authorization::Policy { decision, accounts: Accounts::Other };
    for (authorization, expected) in [
        (Authorization::None, Outcome::Allow),
        (Authorization::Token { accepted: true }, Outcome::Allow),
        (Authorization::Token { accepted: false }, Outcome::Unauthorized),
        (same(ALLOW), Outcome::Allow),
        (same(Decision::ImplicitDeny), Outcome::ImplicitDeny),
        (same(DENY), Outcome::ExplicitDeny),
        (other(ALLOW), Outcome::ImplicitDeny),
        (other(Decision::ImplicitDeny), Outcome::ImplicitDeny),
        (other(DENY), Outcome::ExplicitDeny),
    ] {
        assert_eq!(Outcome::of(authorization, None), expected, "{authorization:?}");
    }
}

#[test]
fn a_policy_that_names_the_account_leaves_it_to_the_account() {
    let policy = |decision, accounts| Authorization::Policy { decision, accounts };
    for (authorization, expected) in [
        (policy(Decision::ImplicitDeny, Accounts::Same), Outcome::ImplicitDeny),
        (policy(ALLOW, Accounts::Same), Outcome::Allow),
        (policy(ALLOW, Accounts::Other), Outcome::Allow),
        (policy(DENY, Accounts::Same), Outcome::ExplicitDeny),
    ] {
        assert_eq!(Outcome::of(authorization, Some(DELEGATED)), expected, "{authorization:?}");
    }
}
