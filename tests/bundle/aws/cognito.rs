//! Users of Cognito's sign in there and call: user pool authorizers of a REST API, JWT authorizers of an HTTP API, in a gateway on
//! this machine.

use std::path::Path;
use std::process::Command;

use gatelet_tests::backend::{Backend, answers};
use gatelet_tests::command::command;
use http::Method;
use serde_json::{Value, json};

use super::moto::Moto;
use crate::machine::client::{Answer, send};
use crate::machine::process::Running;
use crate::machine::tools::{lambda_tools, prepare, succeed};

const PASSWORD: &str = "Correct-Horse-9";
/// What an access token of a user who signed in with a password has.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// A pool with a client and a user in a group, for each name; prints their ids.
const SET_UP: &str = "
import boto3, json, sys
cognito, made = boto3.client('cognito-idp'), []
for name in sys.argv[2:]:
    pool = cognito.create_user_pool(PoolName=name)['UserPool']
    client = cognito.create_user_pool_client(UserPoolId=pool['Id'], ClientName=name, ReadAttributes=['email'],
        ExplicitAuthFlows=['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'])['UserPoolClient']
    cognito.admin_create_user(UserPoolId=pool['Id'], Username=name,
        UserAttributes=[{'Name': 'email', 'Value': name + '@example.com'}])
    cognito.admin_set_user_password(UserPoolId=pool['Id'], Username=name, Password=sys.argv[1], Permanent=True)
    cognito.create_group(UserPoolId=pool['Id'], GroupName='readers')
    cognito.admin_add_user_to_group(UserPoolId=pool['Id'], Username=name, GroupName='readers')
    made.append({'name': name, 'id': pool['Id'], 'arn': pool['Arn'], 'client': client['ClientId']})
print(json.dumps(made))
";

/// Signs in without the AWS CLI.
const SIGN_IN: &str = "
import boto3, json, sys
name, password, client = sys.argv[1:]
print(json.dumps(boto3.client('cognito-idp').initiate_auth(ClientId=client, AuthFlow='USER_PASSWORD_AUTH',
    AuthParameters={'USERNAME': name, 'PASSWORD': password})['AuthenticationResult']))
";

/// A token that the pools' own key has signed, an hour and a minute ago.
const ENDED: &str = "
import base64, json, sys, time
from joserfc import jwk, jwt
from moto.utilities.utils import load_resource
payload = sys.argv[1].split('.')[1]
claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
for name in ('iat', 'auth_time', 'exp'):
    claims[name] -= 3660
key = jwk.RSAKey.import_key(load_resource('cognitoidp/resources/jwks-private.json'))
print(jwt.encode({'kid': 'dummy', 'alg': 'RS256'}, claims, key))
";

/// A user pool, and what its user is given for a password.
struct Pool {
    id: String,
    arn: String,
    client: String,
    id_token: String,
    access_token: String,
}

impl Pool {
    fn issuer(&self) -> String {
        format!("https://cognito-idp.us-east-1.amazonaws.com/{}", self.id)
    }
}

/// Pools whose users have signed in, with the AWS CLI where this machine has it.
fn pools(moto: &Moto, tools: &Path, names: [&str; 3]) -> [Pool; 3] {
    let arguments: Vec<&str> = [PASSWORD].into_iter().chain(names).collect();
    let made: Vec<Value> = serde_json::from_str(&moto.python(SET_UP, &arguments)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pools: Vec<_> = made
        .iter()
        .map(|pool| {
            let (name, client) = (text(&pool["name"]), text(&pool["client"]));
            let given = sign_in(moto, tools, &name, &client);
            Pool {
                id: text(&pool["id"]),
                arn: text(&pool["arn"]),
                client,
                id_token: text(&given["IdToken"]),
                access_token: text(&given["AccessToken"]),
            }
        })
        .collect();
    pools.try_into().unwrap_or_else(|_| panic!("there are three"))
}

fn sign_in(moto: &Moto, tools: &Path, name: &str, client: &str) -> Value {
    let cli = || {
        let mut cli = Command::new("aws");
        prepare(&mut cli, tools);
        moto.environment(&mut cli);
        cli
    };
    if !cli().arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("the AWS CLI is not there: boto3 signs in");
        return serde_json::from_str(&moto.python(SIGN_IN, &[name, PASSWORD, client])).unwrap();
    }
    let mut cli = cli();
    cli.args(["cognito-idp", "initiate-auth", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", client]);
    cli.args(["--auth-parameters", &format!("USERNAME={name},PASSWORD={PASSWORD}"), "--output", "json"]);
    let mut said: Value = serde_json::from_str(&succeed(&mut cli)).unwrap();
    said["AuthenticationResult"].take()
}

fn operation(backend: &Backend, user: (&str, &str), scopes: &[&str]) -> Value {
    json!({"get": {
        "security": [{"pools": scopes}],
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0", "uri": backend.url("/"),
            "requestParameters": { user.0: user.1 }
        }
    }})
}

fn definition(scheme: &Value, backend: &Backend, user: (&str, &str)) -> String {
    json!({
        "openapi": "3.0.1", "info": {"title": "pools", "version": "1"},
        "components": {"securitySchemes": {"pools": scheme}},
        "paths": {"/plain": operation(backend, user, &[]), "/scoped": operation(backend, user, &[SCOPE])}
    })
    .to_string()
}

/// A gateway that serves a REST API and an HTTP API of two pools, and the URLs of both.
async fn gateway(
    moto: &Moto,
    known: [&Pool; 2],
    backend: &Backend,
) -> (Running, [String; 2], tempfile::TempDir) {
    let arns: Vec<_> = known.iter().map(|pool| &pool.arn).collect();
    let rest = json!({
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": arns}
    });
    // AWS's HTTP APIs have one issuer in each authorizer.
    let http = json!({
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt", "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": known[0].issuer(), "audience": [known[0].client]}
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    let user = ("integration.request.header.x-user", "context.authorizer.claims.email");
    write("rest.json", definition(&rest, backend, user));
    let user = ("overwrite:header.x-user", "$context.authorizer.claims.sub");
    write("http.json", definition(&http, backend, user));
    let mut dev = command(directory.path());
    dev.args(["dev", "rest.json", "http.json", "--state", "memory"]);
    dev.args(["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
    for pool in known {
        let keys = moto.endpoint.replace("localhost", "127.0.0.1");
        dev.arg("--issuer").arg(format!("{}={keys}/{}/.well-known/jwks.json", pool.issuer(), pool.id));
    }
    let mut running = Running::start("gatelet dev", &mut dev);
    let ready =
        running.until("it is ready", async |said| said.contains("ready after").then(|| said.to_owned()));
    let said = ready.await;
    let urls = said.split_whitespace().filter(|word| word.contains("/_aws/execute-api/"));
    let urls: Vec<_> = urls.map(|url| url.trim_end_matches('/').to_owned()).collect();
    let urls = urls.try_into().unwrap_or_else(|_| panic!("{said}"));
    (running, urls, directory)
}

async fn get(url: &str, token: &str) -> Answer {
    send(Method::GET, url, &[("Authorization", token)], "").await
}

/// The token with one character changed to another of its alphabet, at some places in each of its three parts.
fn changed(token: &str) -> impl Iterator<Item = String> {
    let ends = token.match_indices('.').map(|(at, _)| at).chain([token.len()]);
    let mut start = 0;
    let mut places = Vec::new();
    for end in ends {
        places.extend([start, start + 1, (start + end) / 2, end - 1]);
        start = end + 1;
    }
    places.into_iter().map(|place| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_the_pools_are_let_in_with_the_right_kind_of_token() {
    let Some(tools) = lambda_tools() else { return };
    let moto = Moto::start(tools).await;
    let backend = Backend::start(answers::echo).await;
    let [first, second, stranger] = pools(&moto, tools, ["ann", "ben", "eve"]);
    let (running, [rest, http], _directory) = gateway(&moto, [&first, &second], &backend).await;

    // (the URL, the token, the status)
    let (plain, scoped) = (format!("{rest}/plain"), format!("{rest}/scoped"));
    let (http_plain, http_scoped) = (format!("{http}/plain"), format!("{http}/scoped"));
    let calls = [
        // A user pool authorizer takes id tokens, and access tokens where it asks for scopes; of each of its pools.
        (&plain, &first.id_token, 200),
        (&plain, &second.id_token, 200),
        (&plain, &first.access_token, 401),
        (&plain, &second.access_token, 401),
        (&plain, &stranger.id_token, 401),
        (&scoped, &first.access_token, 200),
        (&scoped, &second.access_token, 200),
        (&scoped, &first.id_token, 401),
        (&scoped, &stranger.access_token, 401),
        // A JWT authorizer takes either, where it is for its client.
        (&http_plain, &first.id_token, 200),
        (&http_plain, &first.access_token, 200),
        (&http_plain, &second.id_token, 401),
        (&http_plain, &stranger.id_token, 401),
        (&http_scoped, &first.access_token, 200),
        (&http_scoped, &first.id_token, 403),
    ];
    for (url, token, status) in calls {
        for value in [token.clone(), format!("Bearer {token}")] {
            let answer = get(url, &value).await;
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, status, "{url}: {body} {:?}", answer.headers);
        }
    }
    let let_in = calls.iter().filter(|(_, _, status)| *status == 200).count() * 2;
    let seen = backend.requests();
    assert_eq!(seen.len(), let_in);
    assert_eq!(seen[0].header("x-user"), Some("ann@example.com"), "the claims reach the backend");

    let ended = moto.python(ENDED, &[&first.id_token]);
    let ended = ended.trim();
    let answer = get(&plain, ended).await;
    let message = r#"{"message":"The incoming token has expired"}"#;
    assert_eq!((answer.status, &*answer.body), (401, message.as_bytes()));
    let answer = get(&http_plain, ended).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("the token has expired"), "{challenge}");

    for url in [&plain, &http_plain] {
        for token in changed(&first.id_token) {
            assert_eq!(get(url, &token).await.status, 401, "{url} {token}");
        }
        assert_eq!(send(Method::GET, url, &[], "").await.status, 401, "{url}");
    }
    assert_eq!(backend.requests().len(), let_in, "nobody else reached it");
    let said = running.said();
    for pool in [&first, &second, &stranger] {
        for token in [&pool.id_token, &pool.access_token] {
            let signature = token.rsplit('.').next().unwrap();
            assert!(!said.contains(signature) && !said.contains(&token[..100]), "a token is on the console");
        }
    }
}
