//! `sam package` and `sam deploy`, end to end, into a local AWS.
//!
//! moto does not do what AWS does with a SAM template before anything else: it does not transform it. The SAM CLI's own translator
//! does that here, between the two commands. Types of resources that moto does not know it leaves out, without a word to whoever
//! deploys: each test names those that it has. `infra/edge.yaml` cannot be deployed here at all, since its outputs ask for attributes
//! of an `AWS::CloudFront::Distribution`, which is one of them: what others think of it is in `validators.rs`.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::moto::{BUCKET, Moto, REGION};
use crate::build::{ARCHITECTURE, Built, built};
use crate::machine::tools::{folder, succeed};

/// A stack in a local AWS.
pub(crate) struct Deployed {
    pub(crate) moto: Moto,
    /// What stands in the template under conditions that hold, by logical id.
    pub(crate) resources: BTreeMap<String, Resource>,
    /// The template as AWS would have it after its transform.
    pub(crate) template: Value,
}

/// A resource of a stack.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Resource {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its name in the local AWS; none where it was not made.
    pub(crate) physical: Option<String>,
    /// What its own service says about it, where `stack.py` asks one.
    pub(crate) looked: Value,
}

/// Deploys with parameters (`Name=value`) beside the architecture.
pub(crate) fn deploy(moto: Moto, built: &Built, parameters: &[&str]) -> Deployed {
    let scratch: TempDir = tempfile::tempdir_in(folder()).unwrap();
    let place = |name: &str| scratch.path().join(name).display().to_string();
    let (packaged, plain) = (place("packaged.yaml"), place("plain.json"));
    let mut package = moto.tool("sam");
    package.args([
        "package",
        "--s3-bucket",
        BUCKET,
        "--region",
        REGION,
        "--no-progressbar",
        "--template-file",
    ]);
    succeed(package.arg(built.template()).args(["--output-template-file", &packaged]));
    let parameters = [&[ARCHITECTURE], parameters].concat();
    moto.python(include_str!("transform.py"), &[&[packaged.as_str(), &plain], &*parameters].concat());
    let mut deploy = moto.tool("sam");
    // Asked this often whether it is done; usually every five seconds.
    deploy.env("SAM_CLI_POLL_DELAY", "0.1");
    deploy.args(["deploy", "--template-file", &plain, "--stack-name", "gatelet", "--s3-bucket", BUCKET]);
    deploy.args(["--region", REGION, "--no-confirm-changeset", "--no-progressbar", "--capabilities"]);
    deploy.args(["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides"]);
    let said = succeed(deploy.args(&parameters));
    assert!(said.contains("Successfully created/updated stack - gatelet"), "{said}");
    let resources =
        moto.python(include_str!("stack.py"), &[&[plain.as_str(), "gatelet"], &*parameters].concat());
    let resources = serde_json::from_str(&resources).unwrap_or_else(|error| panic!("{error}: {resources}"));
    let template = serde_json::from_slice(&fs::read(&plain).unwrap()).unwrap();
    Deployed { moto, resources, template }
}

impl Deployed {
    /// What the service of a resource says about it.
    pub(crate) fn looked(&self, name: &str) -> &Value {
        let resource = self.resources.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        &resource.looked
    }

    /// Everything is there, but for the types that moto does not know, and of those each.
    fn check_complete(&self, unknown: &[&str]) {
        let found = self.moto.unknown_types();
        assert_eq!(found, unknown.iter().map(|kind| (*kind).to_owned()).collect());
        for (name, resource) in &self.resources {
            let kind = resource.kind.as_str();
            assert_eq!(resource.physical.is_some(), !unknown.contains(&kind), "{name}: {resource:?}");
        }
    }

    /// What every way to deploy has in common.
    fn check_router(&self) {
        let (function, role) = (self.looked("RouterFunction"), &self.resources["RouterRole"]);
        let table = self.resources["DefinitionsTable"].physical.as_deref().unwrap();
        assert_eq!(function["environment"]["GATELET_DEFINITIONS_TABLE"], json!(table));
        assert_eq!(function["role"].as_str(), role.physical.as_deref());
        assert_eq!(function["runtime"], json!("provided.al2023"));
        assert_eq!(function["architectures"], json!(["x86_64"]));
        assert_eq!(role.looked["attached"], json!([]), "a role of others allows more than is used");
        let expected = json!({"keys": ["pk", "sk"], "billing": "PAY_PER_REQUEST", "is_protected": "true"});
        assert_eq!(self.looked("DefinitionsTable"), &expected);
        assert_eq!(self.looked("RouterLogGroup"), &json!({"retention": 30}));
    }

    /// What integrations call as that name nobody: a role of its own, which the router may assume and nobody else.
    fn check_integration_role(&self) {
        // moto attaches no managed policies to the roles of a stack.
        let policies = &self.template["Resources"]["IntegrationRole"]["Properties"]["ManagedPolicyArns"];
        assert_eq!(policies, &json!({"Fn::Split": [",", {"Ref": "IntegrationPolicies"}]}));
        let role = &self.looked("RouterFunction")["environment"]["GATELET_INTEGRATION_ROLE"];
        let name = self.resources["IntegrationRole"].physical.as_deref().unwrap();
        assert!(role.as_str().unwrap().ends_with(&format!(":role/{name}")), "{role} {name}");
        let statements = self.looked("RouterRole")["statements"].as_array().unwrap();
        let assumes = statements.iter().filter(|it| it["Action"] == json!("sts:AssumeRole"));
        assert_eq!(assumes.map(|it| &it["Resource"]).collect::<Vec<_>>(), [role]);
        let trusted =
            &self.template["Resources"]["IntegrationRole"]["Properties"]["AssumeRolePolicyDocument"];
        let router = json!({"AWS": {"Fn::GetAtt": ["RouterRole", "Arn"]}});
        assert_eq!(trusted["Statement"][0]["Principal"], router);
    }

    /// The actions that others may take with the router, each with who they are.
    fn permissions(&self) -> Vec<(&str, &Value)> {
        let permissions = self.looked("RouterFunction")["permissions"].as_array().unwrap();
        let said = permissions.iter().map(|it| (it["Action"].as_str().unwrap(), &it["Principal"]));
        said.collect()
    }
}

#[tokio::test]
async fn the_template_deploys_without_any_parameter() {
    let Some(built) = built() else { return };
    let deployed = deploy(Moto::start(built.tools).await, built, &[]);
    deployed.check_complete(&["AWS::Lambda::Url"]);
    deployed.check_router();
    assert!(!deployed.resources.contains_key("CredentialsTable"), "it is made for whoever asks");
    let environment = &deployed.looked("RouterFunction")["environment"];
    for variable in ["TABLE", "KEY"] {
        assert_eq!(environment[format!("GATELET_CREDENTIALS_{variable}")], json!(""), "{environment}");
    }
    assert_eq!(environment["GATELET_INTEGRATION_ROLE"], json!("none"), "{environment}");
    let role = deployed.looked("RouterRole").to_string();
    assert!(role.contains("ReadDefinitions") && !role.contains("ReadCredentials"), "{role}");
    let everybody = json!("*");
    let expected = [("lambda:InvokeFunctionUrl", &everybody), ("lambda:InvokeFunction", &everybody)];
    assert_eq!(deployed.permissions(), expected);
}

const BESIDE: &str = "
import boto3, json
subnets = boto3.client('ec2').describe_subnets()['Subnets']
print('VpcId=' + subnets[0]['VpcId'], 'SubnetIds=' + ','.join(subnet['SubnetId'] for subnet in subnets[:2]))
statement = {'Effect': 'Allow', 'Action': 'sqs:SendMessage', 'Resource': '*'}
document = json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
policy = boto3.client('iam').create_policy(PolicyName='SendMessages', PolicyDocument=document)['Policy']
print('IntegrationPolicies=' + policy['Arn'])
";

#[tokio::test]
async fn the_template_deploys_with_a_load_balancer_and_all_that_can_stand_beside_it() {
    let Some(built) = built() else { return };
    let moto = Moto::start(built.tools).await;
    let beside = moto.python(BESIDE, &[]);
    let mut parameters = vec!["FrontDoor=LoadBalancer", "LoadBalancerProtocol=HTTP", "RouterInVpc=true"];
    parameters.extend(["RequireOriginSecret=true", "Alarms=create", "Tracing=Active"]);
    parameters.extend(beside.split_whitespace());
    let deployed = deploy(moto, built, &parameters);
    deployed.check_complete(&[
        "AWS::CloudWatch::Alarm",
        "AWS::Logs::MetricFilter",
        "AWS::SecretsManager::Secret",
    ]);
    deployed.check_router();
    deployed.check_integration_role();
    let load_balancers = json!({"Service": "elasticloadbalancing.amazonaws.com"});
    assert_eq!(deployed.permissions(), [("lambda:InvokeFunction", &load_balancers)]);
    let made = deployed.looked("Private").as_array().unwrap();
    for kind in ["LoadBalancer", "TargetGroup", "Listener"] {
        assert!(made.contains(&json!(format!("AWS::ElasticLoadBalancingV2::{kind}"))), "{kind}: {made:?}");
    }
}
