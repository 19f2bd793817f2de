//! How the names and ARNs look that a template's other resources would have: nothing of them exists here, but what
//! refers to them gets a value that is always the same and looks like what is meant.

use sha2::{Digest, Sha256};

use crate::identity;

/// A resource that something refers to.
pub(super) struct Referred<'a> {
    pub(super) file: &'a str,
    pub(super) logical_id: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
}

/// What `Ref` yields for a type of resource.
enum Form {
    Name,
    Arn,
    QueueUrl,
    Api,
    /// An id of a part of an API.
    Part,
    UserPool,
    /// `vpc-0a1b...` and the like.
    Network(&'static str),
}

const API_TYPES: [&str; 5] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
];

fn form(kind: &str) -> Form {
    match kind {
        kind if API_TYPES.contains(&kind) => Form::Api,
        "AWS::ApiGateway::DomainName"
        | "AWS::ApiGateway::Model"
        | "AWS::ApiGateway::Stage"
        | "AWS::ApiGatewayV2::DomainName"
        | "AWS::ApiGatewayV2::Stage" => Form::Name,
        "AWS::ApiGateway::DomainNameV2" => Form::Arn,
        kind if kind.starts_with("AWS::ApiGateway") => Form::Part,
        "AWS::SQS::Queue" => Form::QueueUrl,
        "AWS::Cognito::UserPool" => Form::UserPool,
        "AWS::SNS::Topic"
        | "AWS::StepFunctions::StateMachine"
        | "AWS::Serverless::StateMachine"
        | "AWS::SecretsManager::Secret"
        | "AWS::CertificateManager::Certificate"
        | "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::ElasticLoadBalancingV2::Listener"
        | "AWS::ElasticLoadBalancingV2::TargetGroup"
        | "AWS::IAM::ManagedPolicy"
        | "AWS::Lambda::LayerVersion"
        | "AWS::Serverless::LayerVersion"
        | "AWS::Lambda::Alias"
        | "AWS::Lambda::Version"
        | "AWS::Lambda::Url" => Form::Arn,
        "AWS::EC2::VPC" => Form::Network("vpc"),
        "AWS::EC2::Subnet" => Form::Network("subnet"),
        "AWS::EC2::SecurityGroup" => Form::Network("sg"),
        "AWS::EC2::VPCEndpoint" => Form::Network("vpce"),
        _ => Form::Name,
    }
}

/// The property with which a resource of this type names itself.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => "TableName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::StepFunctions::StateMachine" => "StateMachineName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::KinesisFirehose::DeliveryStream" => "DeliveryStreamName",
        "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => "StageName",
        "AWS::ApiGateway::DomainName" | "AWS::ApiGateway::DomainNameV2" | "AWS::ApiGatewayV2::DomainName" => {
            "DomainName"
        }
        "AWS::ApiGateway::Model"
        | "AWS::ApiGatewayV2::Model"
        | "AWS::Events::EventBus"
        | "AWS::Events::Rule"
        | "AWS::Kinesis::Stream"
        | "AWS::SSM::Parameter"
        | "AWS::SecretsManager::Secret"
        | "AWS::Serverless::StateMachine" => "Name",
        _ => return None,
    })
}

/// The name of a resource that does not name itself. A model is named by letters and digits alone.
pub(super) fn name(stack: &str, logical_id: &str, kind: &str) -> String {
    match kind {
        "AWS::ApiGateway::Model" | "AWS::ApiGatewayV2::Model" => logical_id.to_owned(),
        "AWS::S3::Bucket" => format!("{stack}-{logical_id}").to_lowercase(),
        _ => format!("{stack}-{logical_id}"),
    }
}

/// The value of `Ref`.
pub(super) fn reference(resource: &Referred<'_>) -> String {
    let &Referred { name, region, account, .. } = resource;
    match form(resource.kind) {
        Form::Name => name.to_owned(),
        Form::Arn => arn(resource),
        Form::QueueUrl => format!("https://sqs.{region}.amazonaws.com/{account}/{name}"),
        Form::Api => identity::api_id(resource.file, resource.logical_id).to_string(),
        Form::Part => part_id(resource.file, resource.logical_id),
        Form::UserPool => format!("{region}_{}", short_id(resource, 9)),
        Form::Network(prefix) => format!("{prefix}-0{}", hexadecimal(resource, 16)),
    }
}

/// The value of `Fn::GetAtt`.
pub(super) fn attribute(resource: &Referred<'_>, attribute: &str) -> String {
    let &Referred { name, region, account, kind, .. } = resource;
    let id = reference(resource);
    match (kind, attribute) {
        ("AWS::ApiGateway::RestApi" | "AWS::Serverless::Api", "RootResourceId") => {
            root_resource_id(resource.file, resource.logical_id)
        }
        (kind, attribute) if kind.starts_with("AWS::ApiGateway") && attribute.ends_with("Id") => id,
        (_, "RestApiId" | "ApiId") if API_TYPES.contains(&kind) => id,
        ("AWS::ApiGatewayV2::Api" | "AWS::Serverless::HttpApi", "ApiEndpoint") => {
            format!("https://{id}.execute-api.{region}.amazonaws.com")
        }
        ("AWS::SQS::Queue", "QueueUrl") => id,
        ("AWS::Cognito::UserPool", "ProviderName") => format!("cognito-idp.{region}.amazonaws.com/{id}"),
        ("AWS::Cognito::UserPool", "ProviderURL") => {
            format!("https://cognito-idp.{region}.amazonaws.com/{id}")
        }
        ("AWS::Lambda::Url", "FunctionUrl") => {
            format!("https://{}.lambda-url.{region}.on.aws/", short_id(resource, 32))
        }
        ("AWS::DynamoDB::Table", "StreamArn") => format!("{}/stream/2015-06-29T00:00:00.000", arn(resource)),
        ("AWS::S3::Bucket", "DomainName") => format!("{name}.s3.amazonaws.com"),
        ("AWS::S3::Bucket", "RegionalDomainName") => format!("{name}.s3.{region}.amazonaws.com"),
        (_, "DNSName" | "DomainName" | "RegionalDomainName" | "DistributionDomainName") => {
            format!("{}.{region}.amazonaws.com", name.to_lowercase())
        }
        (
            _,
            "Name" | "TableName" | "TopicName" | "QueueName" | "FunctionName" | "BucketName" | "RoleName"
            | "StageName",
        ) => name.to_owned(),
        (_, "Arn" | "arn" | "TopicArn" | "StateMachineArn" | "FunctionArn" | "LoadBalancerArn") => {
            arn(resource)
        }
        (_, attribute) if attribute.ends_with("Arn") || attribute.ends_with("ARN") => arn(resource),
        (_, attribute) if attribute.ends_with("Id") => part_id(name, attribute),
        _ if account.is_empty() => name.to_owned(),
        _ => format!("{name}-{}", attribute.replace('.', "-")),
    }
}

fn arn(resource: &Referred<'_>) -> String {
    let &Referred { name, partition, region, account, kind, .. } = resource;
    let local = |service: &str, rest: &str| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
    match kind {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" | "AWS::Lambda::Url" => {
            local("lambda", &format!("function:{name}"))
        }
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => local("lambda", &format!("function:{name}:1")),
        "AWS::Lambda::LayerVersion" | "AWS::Serverless::LayerVersion" => {
            local("lambda", &format!("layer:{name}:1"))
        }
        "AWS::IAM::Role" => format!("arn:{partition}:iam::{account}:role/{name}"),
        "AWS::IAM::ManagedPolicy" => format!("arn:{partition}:iam::{account}:policy/{name}"),
        "AWS::SQS::Queue" => local("sqs", name),
        "AWS::SNS::Topic" => local("sns", name),
        "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => {
            local("dynamodb", &format!("table/{name}"))
        }
        "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{name}"),
        "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => {
            local("states", &format!("stateMachine:{name}"))
        }
        "AWS::Cognito::UserPool" => {
            local("cognito-idp", &format!("userpool/{region}_{}", short_id(resource, 9)))
        }
        "AWS::Events::EventBus" => local("events", &format!("event-bus/{name}")),
        "AWS::Events::Rule" => local("events", &format!("rule/{name}")),
        "AWS::Kinesis::Stream" => local("kinesis", &format!("stream/{name}")),
        "AWS::KinesisFirehose::DeliveryStream" => local("firehose", &format!("deliverystream/{name}")),
        "AWS::Logs::LogGroup" => local("logs", &format!("log-group:{name}:*")),
        "AWS::SecretsManager::Secret" => local("secretsmanager", &format!("secret:{name}")),
        "AWS::CertificateManager::Certificate" => {
            local("acm", &format!("certificate/{}", hexadecimal(resource, 32)))
        }
        kind if kind.starts_with("AWS::ElasticLoadBalancingV2::") => {
            let sort = kind.rsplit("::").next().unwrap_or_default().to_lowercase();
            local("elasticloadbalancing", &format!("{sort}/{name}"))
        }
        "AWS::ApiGateway::DomainNameV2" => {
            local("apigateway", &format!("/domainnames/{name}+{}", short_id(resource, 10)))
        }
        kind => {
            let service = kind.split("::").nth(1).unwrap_or("custom").to_lowercase();
            local(&service, name)
        }
    }
}

/// The id of the `/` of a REST API.
pub(in super::super) fn root_resource_id(file: &str, logical_id: &str) -> String {
    part_id(file, &format!("{logical_id}/"))
}

/// The id of an authorizer, method, route, deployment: what else has one in API Gateway.
pub(in super::super) fn part_id(file: &str, logical_id: &str) -> String {
    identity::part_id(file, logical_id).to_string()
}

fn short_id(resource: &Referred<'_>, characters: usize) -> String {
    hexadecimal(resource, characters)
}

fn hexadecimal(resource: &Referred<'_>, characters: usize) -> String {
    let digest = Sha256::digest(format!("{}\n{}", resource.file, resource.logical_id));
    let mut text = String::new();
    for byte in digest {
        text.push_str(&format!("{byte:02x}"));
    }
    text.truncate(characters);
    text
}
