//! Actions of services, from the definitions of real users.

use serde_json::json;

use super::{Definition, Services, json_of, text};

/// `PutItem`'s kin with templates both ways (`apigw-ddb-openapi-crud`).
#[tokio::test]
async fn items_are_kept_in_dynamodb() {
    const TABLE: &str = "
import boto3
boto3.client('dynamodb').create_table(TableName='apigw-ddb-openapi-crud-CrudDDB', BillingMode='PAY_PER_REQUEST',
    KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
    AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])
";
    let definition = Definition::Real("apigw-ddb-openapi-crud/template.yaml");
    let Some(services) = Services::start(&definition, TABLE).await else { return };
    let put = services.json("PUT", "/7", &json!({"message": "hello, \u{e9}"})).await;
    assert_eq!(put.status, 200, "{}", text(&put));
    let got = services.send("GET", "/7", &[], b"").await;
    assert_eq!(json_of(&got), json!({"id": "7", "message": "hello, \u{e9}"}));
    let all = services.send("GET", "/", &[], b"").await;
    assert_eq!(json_of(&all), json!([{"id": {"S": "7"}, "message": {"S": "hello, \u{e9}"}}]));
    let deleted = services.send("DELETE", "/7", &[], b"").await;
    assert_eq!(json_of(&deleted), json!({"message": "item deleted"}));
    assert_eq!(json_of(&services.send("GET", "/", &[], b"").await), json!([]));
}

/// `apigw-kinesis-lambda-ddb`.
#[tokio::test]
async fn records_are_put_into_kinesis() {
    const STREAM: &str =
        "import boto3; boto3.client('kinesis').create_stream(StreamName='orders', ShardCount=1)";
    const READ: &str = "
import boto3
kinesis = boto3.client('kinesis')
shard = kinesis.list_shards(StreamName='orders')['Shards'][0]['ShardId']
place = kinesis.get_shard_iterator(StreamName='orders', ShardId=shard, ShardIteratorType='TRIM_HORIZON')
for record in kinesis.get_records(ShardIterator=place['ShardIterator'])['Records']:
    print(record['PartitionKey'], record['Data'].decode())
";
    let definition = Definition::Real("apigw-kinesis-lambda-ddb/api.yaml");
    let Some(services) = Services::start(&definition, STREAM).await else { return };
    let put = services.json("POST", "/submit/orders/e1", &json!({"pet": "cat"})).await;
    assert_eq!(put.status, 200, "{}", text(&put));
    assert!(json_of(&put)["SequenceNumber"].is_string());
    assert_eq!(services.moto.python(READ, &[]).trim(), r#"e1 {"pet":"cat"}"#);
}

/// `apigw-rest-api-eventbridge-sqs-sam`, whose template overrides two headers.
#[tokio::test]
async fn events_are_put_on_a_bus() {
    const BUS: &str = "
import boto3, json
events, sqs = boto3.client('events'), boto3.client('sqs')
events.create_event_bus(Name='apigw-rest-api-eventbridge-sqs-sam-bus')
queue = sqs.create_queue(QueueName='seen')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
events.put_rule(Name='all', EventBusName='apigw-rest-api-eventbridge-sqs-sam-bus',
    EventPattern=json.dumps({'source': ['shop']}))
events.put_targets(Rule='all', EventBusName='apigw-rest-api-eventbridge-sqs-sam-bus', Targets=[{'Id': 'q', 'Arn': arn}])
";
    const SEEN: &str = "
import boto3
for message in boto3.client('sqs').receive_message(QueueUrl='seen').get('Messages', []):
    print(message['Body'])
";
    let definition = Definition::Real("apigw-rest-api-eventbridge-sqs-sam/template.yml");
    let Some(services) = Services::start(&definition, BUS).await else { return };
    let event = json!({"Detail": {"IsHelloWorldExample": "Yes"}, "DetailType": "order", "Source": "shop"});
    let put = services.json("POST", "/", &event).await;
    assert_eq!(put.status, 200, "{}", text(&put));
    assert_eq!(json_of(&put)["FailedEntryCount"], 0);
    let seen: serde_json::Value = serde_json::from_str(&services.moto.python(SEEN, &[])).unwrap();
    assert_eq!((&seen["detail-type"], &seen["source"]), (&json!("order"), &json!("shop")));
    assert_eq!(seen["detail"]["data"], json!({"IsHelloWorldExample": "Yes"}));
}

/// `apigw-rest-stepfunction`, as far as moto goes: it starts and runs nothing.
#[tokio::test]
async fn executions_are_started() {
    const MACHINE: &str = "
import boto3, json
boto3.client('stepfunctions').create_state_machine(name='apigw-rest-stepfunction-WaitableStateMachine',
    roleArn='arn:aws:iam::123456789012:role/r',
    definition=json.dumps({'StartAt': 'a', 'States': {'a': {'Type': 'Pass', 'End': True}}}))
";
    const STARTED: &str = "
import boto3
states = boto3.client('stepfunctions')
machine = states.list_state_machines()['stateMachines'][0]['stateMachineArn']
for execution in states.list_executions(stateMachineArn=machine)['executions']:
    print(states.describe_execution(executionArn=execution['executionArn'])['input'])
";
    let definition = Definition::Real("apigw-rest-stepfunction/template.yaml");
    let Some(services) = Services::start(&definition, MACHINE).await else { return };
    let started = services.json("POST", "/", &json!({"order": 7, "note": "\"new\""})).await;
    assert_eq!(started.status, 200, "{}", text(&started));
    let input: serde_json::Value = serde_json::from_str(&services.moto.python(STARTED, &[])).unwrap();
    assert_eq!(input["order"], 7);
}

/// The service actions of HTTP APIs: `apigw-sqs-lambda` and `apigw-http-api-eventbridge`.
#[tokio::test]
async fn http_apis_call_actions_by_their_parameters() {
    const QUEUE: &str = "import boto3; boto3.client('sqs').create_queue(QueueName='MySqsQueue')";
    const SEEN: &str = "
import boto3
for message in boto3.client('sqs').receive_message(QueueUrl='MySqsQueue').get('Messages', []):
    print(message['Body'])
";
    let definition = Definition::Real("apigw-sqs-lambda/api.yaml");
    let Some(services) = Services::start(&definition, QUEUE).await else { return };
    let sent = services.json("POST", "/submit", &json!({"pet": "a & b"})).await;
    assert_eq!(sent.status, 200, "{}", text(&sent));
    assert!(text(&sent).contains("<MessageId>"), "{}", text(&sent));
    assert_eq!(services.moto.python(SEEN, &[]).trim(), r#"{"pet":"a & b"}"#);

    let definition = Definition::Real("apigw-http-api-eventbridge/api.yaml");
    let Some(services) = Services::start(&definition, "").await else { return };
    let put = services.json("POST", "/", &json!({"Detail": {"pet": "cat"}})).await;
    assert_eq!(json_of(&put)["FailedEntryCount"], 0, "{}", text(&put));
    // What has no value is the client's mistake.
    assert_eq!(services.json("POST", "/", &json!({})).await.status, 400);
}
