//! AWS's Security Token Service says who signed a `GetCallerIdentity`.

use std::collections::HashMap;
use std::time::Duration;

use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::environment::Environment;
use gatelet_core::ports::IdentityProviders;
use http::HeaderMap;
use serde_json::Value;

use super::moto::Moto;
use crate::machine::tools::lambda_tools;

/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Signs as AWS's SDKs do, with the credentials of an assumed role. The signature is in headers, for moto knows the service by
/// those alone; AWS takes either.
const SIGN: &str = "
import boto3, json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
role = boto3.client('sts').assume_role(RoleArn='arn:aws:iam::123456789012:role/caller', RoleSessionName='session')
given = role['Credentials']
request = AWSRequest('GET', sys.argv[1] + '/?Action=GetCallerIdentity&Version=2011-06-15')
credentials = Credentials(given['AccessKeyId'], given['SecretAccessKey'], given['SessionToken'])
SigV4Auth(credentials, 'sts', 'us-east-1').add_auth(request)
print(json.dumps(dict(request.headers)))
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_service_says_who_signed() {
    let Some(tools) = lambda_tools() else { return };
    let moto = Moto::start(tools).await;
    let signed: HashMap<String, String> =
        serde_json::from_str(&moto.python(SIGN, &[&moto.endpoint])).unwrap();
    let headers = HeaderMap::try_from(&signed).unwrap();
    let variables = [("AWS_ENDPOINT_URL_STS".to_owned(), moto.endpoint.clone())];
    let environment = Environment::parse(variables).unwrap();
    let providers = HttpIdentityProviders::new(ProviderSettings::of(&environment));
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let said = providers.caller_identity(query, &headers, PATIENCE).await.unwrap().unwrap();
    let said: Value = serde_json::from_slice(&said).unwrap();
    let identity = &said["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(identity["Arn"], "arn:aws:sts::123456789012:assumed-role/caller/session", "{said}");
    assert_eq!(identity["Account"], "123456789012");
    assert!(identity["UserId"].as_str().is_some_and(|id| id.ends_with(":session")), "{said}");
}
