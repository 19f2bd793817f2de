//! Who may call: what the route asks of its caller and the API's resource policy, judged together
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html>).
//!
//! Whatever cannot be known or understood closes the gate.

mod conditions;

use std::sync::OnceLock;

use gatelet_languages::iam_policy::{
    Accounts, Authorization, Decision, Outcome, Policy, Principal, Request as PolicyRequest, ResourceArn,
};

use self::conditions::{Conditions, INVOKE};
use crate::authorizers::iam::{self, IamIdentity, Sent, Signer};
use crate::authorizers::lambda::Judgement;
use crate::authorizers::{Asked, Caller, Finding, Route};
use crate::payload::{Body, CanonicalPath, Request};
use crate::ports::Arrival;
use crate::ports::World;
use crate::record::Record;
use crate::refusal::{PolicyDenial, Refusal};
use crate::snapshot::routes::Rules;
use crate::snapshot::{Access, Authorizer, HttpRoute, ResourcePolicy, RestApiSnapshot, RestMethod};
use crate::stages::locate::Located;

/// How many digits of an account AWS shows to a caller who is not let in.
const SHOWN_ACCOUNT_DIGITS: usize = 4;

/// What is known of a request before its caller is.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Its stage and host.
    pub located: &'a Located,
    /// Its path below the stage.
    pub path: &'a CanonicalPath,
    /// Its arrival.
    pub arrival: &'a Arrival,
    /// Its headers as they came, where it says that it is signed.
    pub sent: Option<&'a Sent>,
}

/// Finds out who calls a REST API's method, notes it, and hands the request back.
///
/// # Errors
/// The [`Refusal`] that a caller hears who may not.
pub async fn rest<W: World>(
    world: &W,
    asking: &Asking<'_>,
    api: &RestApiSnapshot,
    method: &RestMethod,
    request: Request,
    record: &mut Record,
) -> Result<Request, Refusal> {
    let route = Route {
        key: &method.route_key,
        template: Some(&method.path),
        resource_id: &method.resource_id,
        rules: Rules::Rest,
        scopes: scopes(&method.access),
    };
    access(world, asking, route, (&method.access, api.policy()), request, record).await
}

/// Finds out who calls an HTTP API's route, notes it, and hands the request back. HTTP APIs have no resource policies.
///
/// # Errors
/// The [`Refusal`] that a caller hears who may not.
pub async fn http<W: World>(
    world: &W,
    asking: &Asking<'_>,
    route: &HttpRoute,
    request: Request,
    record: &mut Record,
) -> Result<Request, Refusal> {
    let of_route = Route {
        key: &route.route_key,
        template: route.path.as_ref(),
        resource_id: &route.route_key,
        rules: Rules::Http,
        scopes: scopes(&route.access),
    };
    access(world, asking, of_route, (&route.access, None), request, record).await
}

const fn scopes(access: &Access) -> &[String] {
    match access {
        Access::Authorizer { scopes, .. } => scopes,
        Access::Open | Access::AwsIam => &[],
    }
}

async fn access<W: World>(
    world: &W,
    asking: &Asking<'_>,
    route: Route<'_>,
    (access, policy): (&Access, Option<&ResourcePolicy>),
    request: Request,
    record: &mut Record,
) -> Result<Request, Refusal> {
    if let (Access::Open, None) = (access, policy) {
        record.explain(|| "the route asks nothing of its caller".to_owned());
        return Ok(request);
    }
    let Asking { located, path, arrival, sent } = *asking;
    let (head, mut body) = request.into_parts();
    let arn = method_arn(located, &head.method, &path.bare(), route.rules);
    let asked = Asked { arrival, located, path, route, head: &head, record, arn: &arn };
    asked.record.explain(|| format!("what is called is `{arn}`"));
    // Asking others takes much room in a future, and most routes of most APIs ask nobody.
    let caller = Box::pin(judge(world, access, policy, &asked, sent, &mut body)).await?;
    record.note_caller(caller);
    Ok(Request::from_parts(head, body))
}

/// The ARN of what is called. A trailing slash counts for nothing on REST APIs, and so it does in their policies.
fn method_arn(located: &Located, method: &http::Method, path: &str, rules: Rules) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = match rules {
        Rules::Rest => path.strip_suffix('/').unwrap_or(path),
        Rules::Http => path,
    };
    [located.stage.arn_prefix(), method.as_str(), "/", path].concat()
}

async fn judge<W: World>(
    world: &W,
    access: &Access,
    policy: Option<&ResourcePolicy>,
    asked: &Asked<'_>,
    sent: Option<&Sent>,
    body: &mut Body,
) -> Result<Caller, Refusal> {
    let meant = asked.path.meaning();
    let meant = meant.map(|path| method_arn(asked.located, &asked.head.method, &path, asked.route.rules));
    let gate = Gate { asked, policy: policy.map(compiled).transpose()?, meant, conditions: OnceLock::new() };
    match access {
        Access::Open => gate.open(),
        Access::AwsIam => {
            let signer = iam::signer(world, asked, sent, body).await?;
            gate.signed(&signer)
        }
        Access::Authorizer { authorizer, .. } => match &**authorizer {
            Authorizer::Lambda(authorizer) => {
                let of_resource = gate.before_authorizer()?;
                let (judgement, latency) = authorizer.judge(world, asked).await?;
                gate.judged(&judgement, of_resource)?;
                let finding = Finding::Lambda(judgement);
                Ok(Caller { finding, authorizer_latency_milliseconds: latency })
            }
            Authorizer::Jwt(authorizer) => gate.token(authorizer.judge(world, asked).await?),
            Authorizer::Cognito(authorizer) => gate.token(authorizer.judge(world, asked).await?),
            Authorizer::Broken { why } => Err(Refusal::AuthorizerMisconfigured(why.clone())),
        },
    }
}

fn compiled(policy: &ResourcePolicy) -> Result<&Policy, Refusal> {
    policy.policy().map_err(|why| Refusal::Configuration(why.to_owned()))
}

/// The API's resource policy, and what it is asked.
struct Gate<'a> {
    asked: &'a Asked<'a>,
    policy: Option<&'a Policy>,
    /// The ARN with the path as routes understand it, where that is another spelling: who writes a policy may mean either.
    meant: Option<String>,
    /// What the request has under condition keys, made when a policy is first asked.
    conditions: OnceLock<Conditions<'a>>,
}

impl<'a> Gate<'a> {
    /// Nothing is asked of the caller but what the resource policy asks.
    fn open(&self) -> Result<Caller, Refusal> {
        if self.policy.is_some() {
            let decision = self.resource_policy(None)?;
            self.conclude(Authorization::None, decision, None)?;
        }
        Ok(Caller::default())
    }

    /// The caller has signed.
    fn signed(&self, signer: &'a Signer) -> Result<Caller, Refusal> {
        let identity = &*signer.identity;
        let decision = self.ask(Some(identity), |request| signer.decide(request))?;
        self.explain("the policies of who signed", decision, None);
        let is_owner = *identity.account_id == **self.asked.located.stage.account_id();
        let accounts = if is_owner { Accounts::Same } else { Accounts::Other };
        let of_resource = self.resource_policy(Some(identity))?;
        self.conclude(Authorization::Policy { decision, accounts }, of_resource, Some(identity))?;
        let finding = Finding::Iam(std::sync::Arc::clone(&signer.identity));
        Ok(Caller { finding, authorizer_latency_milliseconds: None })
    }

    /// What the resource policy says. A caller whom it forbids to call is not asked about.
    fn before_authorizer(&self) -> Result<Option<Decision>, Refusal> {
        let of_resource = self.resource_policy(None)?;
        match Outcome::before_lambda_authorizer(of_resource) {
            None => Ok(of_resource),
            Some(outcome) => Err(self.denial(outcome, None)),
        }
    }

    /// A Lambda authorizer has answered.
    fn judged(&self, judgement: &Judgement, of_resource: Option<Decision>) -> Result<(), Refusal> {
        let decision = self.ask(None, |request| judgement.decide(request))?;
        if let Some(policy) = judgement.policy() {
            self.explain("the authorizer's policy", decision, Some(policy));
        }
        let authorization = Authorization::Policy { decision, accounts: Accounts::Same };
        match Outcome::of(authorization, of_resource) {
            Outcome::Allow => Ok(()),
            Outcome::ExplicitDeny => Err(Refusal::AccessDenied { explicit: true }),
            Outcome::ImplicitDeny | Outcome::Unauthorized => Err(Refusal::AccessDenied { explicit: false }),
        }
    }

    /// A token is accepted.
    fn token(&self, finding: Finding) -> Result<Caller, Refusal> {
        let decision = self.resource_policy(None)?;
        self.conclude(Authorization::Token { accepted: true }, decision, None)?;
        Ok(Caller { finding, authorizer_latency_milliseconds: None })
    }

    /// What the resource policy says, where there is one.
    fn resource_policy(&self, identity: Option<&'a IamIdentity>) -> Result<Option<Decision>, Refusal> {
        let Some(policy) = self.policy else { return Ok(None) };
        let decision = self.ask(identity, |request| policy.decide(request))?;
        self.explain("the API's resource policy", decision, Some(policy));
        Ok(Some(decision))
    }

    /// Puts the request to a policy.
    fn ask(
        &self,
        identity: Option<&'a IamIdentity>,
        decide: impl Fn(&PolicyRequest<'_>) -> Decision,
    ) -> Result<Decision, Refusal> {
        // Within one gate it is always the same caller, or always nobody.
        let conditions = self.conditions.get_or_init(|| Conditions::of(self.asked, identity));
        let role = identity.and_then(IamIdentity::role_arn);
        let arns =
            identity.map(|identity| [&*identity.user_arn, role.as_deref().unwrap_or(&identity.user_arn)]);
        let principal = match (identity, &arns) {
            (Some(identity), Some(arns)) => Principal::Aws { account: &identity.account_id, arns },
            _ => Principal::Anonymous,
        };
        let context = |key: &str| conditions.value(key);
        let mut decision = Decision::ImplicitDeny;
        // Both name the same, so that a denial of either holds, and an allowance of either.
        for arn in std::iter::once(self.asked.arn).chain(self.meant.as_deref()) {
            let resource = ResourceArn::parse(arn).ok_or(Refusal::Internal)?;
            match decide(&PolicyRequest { action: INVOKE, resource, principal, context: &context }) {
                denied @ Decision::ExplicitDeny { .. } => return Ok(denied),
                allowed @ Decision::Allow { delegated: false, .. } => decision = allowed,
                delegated @ Decision::Allow { .. } if decision == Decision::ImplicitDeny => {
                    decision = delegated
                }
                Decision::Allow { .. } | Decision::ImplicitDeny => {}
            }
        }
        Ok(decision)
    }

    fn conclude(
        &self,
        authorization: Authorization,
        of_resource: Option<Decision>,
        identity: Option<&IamIdentity>,
    ) -> Result<(), Refusal> {
        match Outcome::of(authorization, of_resource) {
            Outcome::Allow => Ok(()),
            Outcome::Unauthorized => Err(Refusal::Unauthorized(None)),
            denied => Err(self.denial(denied, identity)),
        }
    }

    fn denial(&self, outcome: Outcome, identity: Option<&IamIdentity>) -> Refusal {
        Refusal::PolicyDenied(Box::new(PolicyDenial {
            caller: identity.map_or("anonymous", |identity| &identity.user_arn).into(),
            resource: with_hidden_account(self.asked.arn).into(),
            explicit: outcome == Outcome::ExplicitDeny,
        }))
    }

    fn explain(&self, whose: &str, decision: Decision, policy: Option<&Policy>) {
        self.asked.record.explain(|| {
            let named = |statement: usize| match policy.and_then(|policy| policy.sid(statement)) {
                Some(sid) => format!("statement {} (`{sid}`)", statement + 1),
                None => format!("statement {}", statement + 1),
            };
            match decision {
                Decision::Allow { statement, delegated: false } => {
                    format!("{whose} allows it: {}", named(statement))
                }
                Decision::Allow { statement, delegated: true } => {
                    format!("{whose} leaves it to the caller's account: {}", named(statement))
                }
                Decision::ExplicitDeny { statement } => format!("{whose} denies it: {}", named(statement)),
                Decision::ImplicitDeny => format!("{whose} has no statement about it"),
            }
        });
    }
}

/// The ARN with all but the last digits of its account hidden.
fn with_hidden_account(arn: &str) -> String {
    let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
    let hidden = parts.get(4).map(|account| {
        let (hidden, shown) = account.split_at(account.len().saturating_sub(SHOWN_ACCOUNT_DIGITS));
        "*".repeat(hidden.len()) + shown
    });
    if let (Some(place), Some(hidden)) = (parts.get_mut(4), &hidden) {
        *place = hidden;
    }
    parts.join(":")
}
