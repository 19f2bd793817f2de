//! What is not touched: other formats, other accounts, other kinds.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::dynamodb::Scope;
use gatelet_control::deploy::{DefinitionStore, DeployError, deploy};
use gatelet_core::ports::{Clock, Definitions, PortError};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::AccountId;
use std::sync::Arc;

use crate::fixture::{SOON, Setup, Time, api, pets, region, scope, stage, stage_name};

/// Turns an item into one that a later version might have written.
async fn make_newer(setup: &Setup, pk: &str, sk: &str) {
    setup
        .client()
        .update_item()
        .table_name("gatelet-definitions")
        .key("pk", AttributeValue::S(pk.to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .condition_expression("attribute_exists(pk)")
        .update_expression("SET #format = :format")
        .expression_attribute_names("#format", "format")
        .expression_attribute_values(":format", AttributeValue::N("2".to_owned()))
        .send()
        .await
        .unwrap();
}

fn assert_unknown_format<T: std::fmt::Debug>(result: Result<T, PortError>) {
    let error = result.unwrap_err();
    assert!(
        matches!(&error, PortError::Unreadable { why, .. } if why.starts_with("it is in format 2")),
        "{error}"
    );
}

#[tokio::test]
async fn a_pointer_of_an_unknown_format_is_refused() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    make_newer(&setup, &format!("123456789012#eu-west-1#{}", pets()), "stage#dev").await;
    assert_unknown_format(setup.table().stage_pointer(&pets(), &stage_name("dev"), setup.deadline()).await);
    assert_unknown_format(setup.table().stage_pointers(&pets(), setup.deadline()).await);
    assert_unknown_format(setup.cold().await.published(&pets(), setup.deadline()).await);
    let deployed = setup.try_deploy(api("two"), "dev").await;
    assert!(matches!(deployed, Err(DeployError::Store(PortError::Unreadable { .. }))), "{deployed:?}");
}

#[tokio::test]
async fn a_deployment_of_an_unknown_format_is_refused_and_not_overwritten() {
    let setup = Setup::new().await;
    let deployed = setup.deploy(api("one"), "dev").await;
    let key = format!("deployment#{}", deployed.deployment_id);
    make_newer(&setup, &format!("123456789012#eu-west-1#{}", pets()), &key).await;
    let read = async || setup.table().deployment(&pets(), &deployed.deployment_id, setup.deadline()).await;
    assert_unknown_format(read().await);
    let again = setup.try_deploy(api("one"), "dev").await;
    assert!(matches!(again, Err(DeployError::Store(PortError::Unreadable { .. }))), "{again:?}");
    assert_unknown_format(read().await);
}

#[tokio::test]
async fn an_api_of_an_unknown_format_is_not_an_api_that_is_not_there() {
    let setup = Setup::new().await;
    setup.deploy(api("one"), "dev").await;
    make_newer(&setup, &format!("global#{}", pets()), &format!("api#{}", pets())).await;
    assert_unknown_format(setup.cold().await.published(&pets(), setup.deadline()).await);
}

#[tokio::test]
async fn an_api_id_belongs_to_one_account() {
    let store = Store::open(StateOption::Memory).await.unwrap();
    let time: Arc<dyn Clock> = Arc::new(Time::default());
    let deadline = time.now().after(SOON);
    let owner = store.definitions(scope(), Arc::clone(&time)).await.unwrap();
    deploy(owner.table(), api("one"), stage("dev"), None, deadline).await.unwrap();

    let stranger = Scope { account: AccountId::parse("999999999999").unwrap(), region: region() };
    let stranger = store.definitions(stranger, time).await.unwrap();
    let refused = deploy(stranger.table(), api("two"), stage("dev"), None, deadline).await.unwrap_err();
    assert!(
        matches!(&refused, DeployError::BelongsElsewhere { account, .. } if account.as_str() == "123456789012"),
        "{refused}"
    );
    stranger.table().remove_api(&pets(), deadline).await.unwrap();
    assert_eq!(owner.table().apis(deadline).await.unwrap(), [pets()], "nobody removes another's");
    assert_eq!(stranger.table().apis(deadline).await.unwrap(), []);
    let served = stranger.published(&pets(), deadline).await.unwrap();
    assert!(served.is_some(), "the data plane serves every account's");
}
