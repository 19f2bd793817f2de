//! What is known of AWS's services: how their APIs are spoken, and where their names are not what one would guess.
//!
//! Any service can be called; one that is not listed is called by its own name, with nothing added to the request.

use std::sync::Arc;

use gatelet_languages::uri::ServiceUri;

use crate::ports::{ServiceAddress, partition_domain};

/// How an action becomes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON over `POST /`; the action is named in the header `X-Amz-Target`
    /// (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>).
    Json {
        /// What stands before the action's name there.
        target: &'static str,
        /// The content type.
        content_type: &'static str,
    },
    /// Parameters in a query or a form; the action and the API's version are two of them
    /// (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>).
    Query {
        /// The API's version.
        version: &'static str,
    },
    /// Methods and paths, or not known.
    Other,
}

/// A service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// Its name in integration URIs.
    name: &'static str,
    /// Its name in endpoint variables (`AWS_ENDPOINT_URL_<SERVICE>`).
    endpoint: &'static str,
    /// Its name in signatures.
    signing: &'static str,
    /// Its name in hosts.
    host: &'static str,
    /// Whether it has one host for all regions of a partition.
    is_global: bool,
    pub(super) protocol: Protocol,
}

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

const fn service(name: &'static str, endpoint: &'static str, protocol: Protocol) -> Service {
    Service { name, endpoint, signing: name, host: name, is_global: false, protocol }
}

const fn json_1_0(name: &'static str, endpoint: &'static str, target: &'static str) -> Service {
    service(name, endpoint, Protocol::Json { target, content_type: JSON_1_0 })
}

const fn json_1_1(name: &'static str, endpoint: &'static str, target: &'static str) -> Service {
    service(name, endpoint, Protocol::Json { target, content_type: JSON_1_1 })
}

const fn query(name: &'static str, endpoint: &'static str, version: &'static str) -> Service {
    service(name, endpoint, Protocol::Query { version })
}

const fn other(name: &'static str, endpoint: &'static str) -> Service {
    service(name, endpoint, Protocol::Other)
}

const fn signed_as(signing: &'static str, service: Service) -> Service {
    Service { signing, ..service }
}

const fn hosted_at(host: &'static str, service: Service) -> Service {
    Service { host, ..service }
}

const fn global(service: Service) -> Service {
    Service { is_global: true, ..service }
}

/// From the services' own API models. SSM speaks both protocols and is spoken to in the query's (recorded).
static SERVICES: [Service; 48] = [
    json_1_0("dynamodb", "DYNAMODB", "DynamoDB_20120810"),
    signed_as("dynamodb", json_1_0("streams.dynamodb", "DYNAMODB_STREAMS", "DynamoDBStreams_20120810")),
    json_1_0("states", "SFN", "AWSStepFunctions"),
    signed_as("states", json_1_0("sync-states", "SFN", "AWSStepFunctions")),
    json_1_0("swf", "SWF", "SimpleWorkflowService"),
    json_1_1("kinesis", "KINESIS", "Kinesis_20131202"),
    json_1_1("firehose", "FIREHOSE", "Firehose_20150804"),
    json_1_1("events", "EVENTBRIDGE", "AWSEvents"),
    json_1_1("logs", "CLOUDWATCH_LOGS", "Logs_20140328"),
    json_1_1("kms", "KMS", "TrentService"),
    json_1_1("secretsmanager", "SECRETS_MANAGER", "secretsmanager"),
    json_1_1("cognito-idp", "COGNITO_IDENTITY_PROVIDER", "AWSCognitoIdentityProviderService"),
    json_1_1("cognito-identity", "COGNITO_IDENTITY", "AWSCognitoIdentityService"),
    json_1_1("translate", "TRANSLATE", "AWSShineFrontendService_20170701"),
    json_1_1("comprehend", "COMPREHEND", "Comprehend_20171127"),
    json_1_1("rekognition", "REKOGNITION", "RekognitionService"),
    json_1_1("textract", "TEXTRACT", "Textract"),
    json_1_1("transcribe", "TRANSCRIBE", "Transcribe"),
    json_1_1("athena", "ATHENA", "AmazonAthena"),
    json_1_1("glue", "GLUE", "AWSGlue"),
    json_1_1("codebuild", "CODEBUILD", "CodeBuild_20161006"),
    json_1_1("codepipeline", "CODEPIPELINE", "CodePipeline_20150709"),
    json_1_1("ecs", "ECS", "AmazonEC2ContainerServiceV20141113"),
    signed_as("ecr", json_1_1("api.ecr", "ECR", "AmazonEC2ContainerRegistry_V20150921")),
    signed_as("sagemaker", json_1_1("api.sagemaker", "SAGEMAKER", "SageMaker")),
    query("sqs", "SQS", "2012-11-05"),
    query("sns", "SNS", "2010-03-31"),
    query("sts", "STS", "2011-06-15"),
    query("ec2", "EC2", "2016-11-15"),
    query("ssm", "SSM", "2014-11-06"),
    query("monitoring", "CLOUDWATCH", "2010-08-01"),
    query("cloudformation", "CLOUDFORMATION", "2010-05-15"),
    query("autoscaling", "AUTO_SCALING", "2011-01-01"),
    query("elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2", "2015-12-01"),
    query("rds", "RDS", "2014-10-31"),
    query("elasticache", "ELASTICACHE", "2015-02-02"),
    query("redshift", "REDSHIFT", "2012-12-01"),
    signed_as("ses", query("email", "SES", "2010-12-01")),
    hosted_at("email", query("ses", "SES", "2010-12-01")),
    global(query("iam", "IAM", "2010-05-08")),
    global(other("route53", "ROUTE_53")),
    signed_as("iotdata", hosted_at("data-ats.iot", other("iotdata", "IOT_DATA_PLANE"))),
    signed_as("sagemaker", other("runtime.sagemaker", "SAGEMAKER_RUNTIME")),
    signed_as("lex", other("runtime.lex", "LEX_RUNTIME_SERVICE")),
    signed_as("bedrock", other("bedrock-runtime", "BEDROCK_RUNTIME")),
    signed_as("appsync", other("appsync-api", "APPSYNC")),
    other("appconfig", "APPCONFIG"),
    other("execute-api", "APIGATEWAYMANAGEMENTAPI"),
];

/// The region that signatures for services of all regions name, by partition.
fn global_region(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "cn-north-1"
    } else if region.starts_with("us-gov-") {
        "us-gov-west-1"
    } else {
        "us-east-1"
    }
}

/// The address of a service, and how it is spoken to.
pub(super) fn find(uri: &ServiceUri<'_>) -> (Arc<ServiceAddress>, Protocol) {
    let ServiceUri { region, service: name, .. } = *uri;
    let listed = |name: &str| SERVICES.iter().find(|service| service.name == name);
    let (subdomain, service, name) = match (listed(name), name.rsplit_once('.')) {
        (Some(service), _) => (None, Some(service), name),
        (None, Some((subdomain, name))) => (Some(subdomain), listed(name), name),
        (None, None) => (None, None, name),
    };
    let host = match (service, subdomain) {
        // An account's own endpoint of IoT takes the place of the one for all.
        (Some(service), Some(_)) if service.name == "iotdata" => "iot",
        (Some(service), _) => service.host,
        (None, _) => name,
    };
    let before = subdomain.map_or_else(String::new, |subdomain| format!("{subdomain}."));
    let domain = partition_domain(region);
    let (region, host) = match service {
        Some(service) if service.is_global => (global_region(region), format!("{before}{host}.{domain}")),
        _ => (region, format!("{before}{host}.{region}.{domain}")),
    };
    let address = ServiceAddress {
        endpoint_name: service.map_or(name, |service| service.endpoint).into(),
        signing_name: service.map_or(name, |service| service.signing).into(),
        region: region.into(),
        host: host.into(),
        subdomain: subdomain.map(Into::into),
    };
    (Arc::new(address), service.map_or(Protocol::Other, |service| service.protocol))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn found(text: &str) -> (Arc<ServiceAddress>, Protocol) {
        let text = format!("arn:aws:apigateway:{text}");
        find(&ServiceUri::parse(&text).unwrap())
    }

    #[test]
    fn services_are_found_at_their_hosts() {
        for (text, host, signing, endpoint, subdomain) in [
            ("eu-west-1:dynamodb:path/", "dynamodb.eu-west-1.amazonaws.com", "dynamodb", "DYNAMODB", None),
            ("eu-west-1:pets.s3:path/", "pets.s3.eu-west-1.amazonaws.com", "s3", "s3", Some("pets")),
            ("eu-west-1:my.pets.s3:path/", "my.pets.s3.eu-west-1.amazonaws.com", "s3", "s3", Some("my.pets")),
            ("cn-north-1:sqs:path/", "sqs.cn-north-1.amazonaws.com.cn", "sqs", "SQS", None),
            ("us-east-1:states:path/", "states.us-east-1.amazonaws.com", "states", "SFN", None),
            ("us-east-1:email:path/", "email.us-east-1.amazonaws.com", "ses", "SES", None),
            ("eu-west-1:iam:path/", "iam.amazonaws.com", "iam", "IAM", None),
            (
                "us-east-1:runtime.sagemaker:path/",
                "runtime.sagemaker.us-east-1.amazonaws.com",
                "sagemaker",
                "SAGEMAKER_RUNTIME",
                None,
            ),
            (
                "us-east-1:a1-ats.iotdata:path/",
                "a1-ats.iot.us-east-1.amazonaws.com",
                "iotdata",
                "IOT_DATA_PLANE",
                Some("a1-ats"),
            ),
            ("us-east-1:newest:path/", "newest.us-east-1.amazonaws.com", "newest", "newest", None),
        ] {
            let (address, _) = found(text);
            assert_eq!(
                (
                    &*address.host,
                    &*address.signing_name,
                    &*address.endpoint_name,
                    address.subdomain.as_deref()
                ),
                (host, signing, endpoint, subdomain),
                "{text}"
            );
        }
        assert_eq!(&*found("eu-west-1:iam:path/").0.region, "us-east-1");
    }

    #[test]
    fn no_service_is_listed_twice() {
        for (position, service) in SERVICES.iter().enumerate() {
            assert!(
                !SERVICES.iter().skip(position + 1).any(|other| other.name == service.name),
                "{}",
                service.name
            );
        }
    }
}
