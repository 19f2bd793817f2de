//! Queues and topics, by path and by action.

use serde_json::json;

use super::{Definition, Services, text};

/// A queue both ways, and a topic that a queue listens to.
const OWN: &str = r#"
openapi: 3.0.1
info: {title: queues, version: "1"}
paths:
  /path:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:sqs:path/123456789012/{name}"
        requestParameters:
          integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"
        requestTemplates:
          application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
        passthroughBehavior: NEVER
        responses: &answers
          default: {statusCode: "200", responseTemplates: {application/json: '{"sent":true}'}}
          '4\d{2}': {statusCode: "422", responseTemplates: {application/json: '{"sent":false}'}}
  /action:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:sqs:action/SendMessage"
        requestParameters:
          integration.request.querystring.QueueUrl: "'{endpoint}/123456789012/{name}'"
          integration.request.querystring.MessageBody: method.request.body
        responses: *answers
  /json:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:sqs:path/123456789012/{name}"
        requestParameters:
          integration.request.header.Content-Type: "'application/x-amz-json-1.0'"
          integration.request.header.X-Amz-Target: "'AmazonSQS.SendMessage'"
        requestTemplates:
          application/json: '{"QueueUrl":"{endpoint}/123456789012/{name}","MessageBody":"$util.escapeJavaScript($input.body)"}'
        responses: *answers
  /missing:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:sqs:action/SendMessage"
        requestParameters:
          integration.request.querystring.QueueUrl: "'{endpoint}/123456789012/missing'"
          integration.request.querystring.MessageBody: "'x'"
        responses: *answers
  /topic:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:sns:action/Publish"
        requestParameters:
          integration.request.querystring.TopicArn: "'arn:aws:sns:us-east-1:123456789012:news'"
          integration.request.querystring.Message: method.request.body.text
        responses: *answers
"#;

const SET_UP: &str = "
import boto3
sqs, sns = boto3.client('sqs'), boto3.client('sns')
queue = sqs.create_queue(QueueName='orders')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
topic = sns.create_topic(Name='news')['TopicArn']
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={'RawMessageDelivery': 'true'})
";

/// All messages, each on a line.
const SEEN: &str = "
import boto3
sqs = boto3.client('sqs')
messages = sqs.receive_message(QueueUrl='orders', MaxNumberOfMessages=10).get('Messages', [])
print('\\n'.join(sorted(message['Body'] for message in messages)))
";

#[tokio::test]
async fn messages_are_sent_by_path_and_by_action() {
    let Some(services) = Services::start(&Definition::Own { text: OWN, name: "orders" }, SET_UP).await else {
        return;
    };
    let sent = |what: &'static str, answer: crate::machine::client::Answer| {
        assert_eq!((answer.status, text(&answer).as_str()), (200, r#"{"sent":true}"#), "{what}");
    };
    sent("path", services.json("POST", "/path", &json!({"by": "path & form"})).await);
    sent("post", services.json("POST", "/action", &json!({"by": "post"})).await);
    sent("json", services.json("POST", "/json", &json!({"by": "json"})).await);
    sent("topic", services.json("POST", "/topic", &json!({"text": "by topic"})).await);
    let refused = services.send("POST", "/missing", &[], b"").await;
    assert_eq!((refused.status, text(&refused).as_str()), (422, r#"{"sent":false}"#));
    let seen = services.moto.python(SEEN, &[]);
    let expected = ["by topic", r#"{"by":"json"}"#, r#"{"by":"path & form"}"#, r#"{"by":"post"}"#];
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
}

/// `apigw-sns-sms`.
#[tokio::test]
async fn messages_are_published() {
    let definition = Definition::Real("apigw-sns-sms/template.yaml");
    let Some(services) = Services::start(&definition, "").await else { return };
    let published =
        services.json("POST", "/", &json!({"PhoneNumber": "+15555550100", "Message": "hello"})).await;
    assert_eq!(published.status, 200, "{}", text(&published));
    assert!(text(&published).contains("<MessageId>"), "{}", text(&published));
}
