//! `$context`: what definitions and log lines can say of a request.

use std::borrow::Cow;

use super::Record;
use crate::authorizers::{ClientCertificate, Finding};
use crate::ports::Secret;
use crate::ports::Timestamp;

/// Names of months as `$context.requestTime` has them, and dates elsewhere.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The variables that templates can see, but for what an authorizer's author names
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>).
const NAMES: [&str; 35] = [
    "accountId",
    "apiId",
    "authorizer.integrationLatency",
    "authorizer.principalId",
    "awsEndpointRequestId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity.accessKey",
    "identity.accountId",
    "identity.apiKey",
    "identity.apiKeyId",
    "identity.caller",
    "identity.clientCert.clientCertPem",
    "identity.clientCert.issuerDN",
    "identity.clientCert.serialNumber",
    "identity.clientCert.subjectDN",
    "identity.clientCert.validity.notAfter",
    "identity.clientCert.validity.notBefore",
    "identity.principalOrgId",
    "identity.sourceIp",
    "identity.user",
    "identity.userAgent",
    "identity.userArn",
    "isCanaryRequest",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
];

impl Record {
    /// The value of a `$context` variable by its name without `$context.`, as far as it is known by now
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>).
    #[must_use]
    pub fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        let place = self.place.as_ref();
        let text = |text: Option<&'static str>| text.map(Cow::Borrowed);
        match name {
            "requestId" => Some(Cow::Borrowed(self.request_id())),
            "extendedRequestId" => Some(Cow::Borrowed(self.extended_request_id())),
            "requestTimeEpoch" => Some(Cow::Owned(self.arrived.milliseconds().to_string())),
            "requestTime" => Some(Cow::Owned(request_time(self.arrived))),
            "httpMethod" => Some(Cow::Borrowed(self.method.as_str())),
            "path" => self.path.as_deref().map(Cow::Borrowed),
            "protocol" => Some(Cow::Owned(format!("{:?}", self.version))),
            "identity.sourceIp" => Some(Cow::Owned(self.peer.to_string())),
            "identity.userAgent" => self.user_agent.as_deref().map(Cow::Borrowed),
            "domainName" => self.host.as_deref().map(Cow::Borrowed),
            "domainPrefix" => self.host.as_deref().and_then(|host| host.split('.').next()).map(Cow::Borrowed),
            "apiId" => place.map(|place| Cow::Borrowed(&*place.api_id)),
            "accountId" => place.map(|place| Cow::Borrowed(&*place.account_id)),
            "resourceId" => self.resource_id.as_deref().map(Cow::Borrowed),
            "awsEndpointRequestId" => self.endpoint_request_id.as_deref().map(Cow::Borrowed),
            "stage" => place.map(|place| Cow::Borrowed(&*place.stage)),
            "deploymentId" => place.map(|place| Cow::Borrowed(&*place.deployment_id)),
            "isCanaryRequest" => {
                place.map(|place| Cow::Borrowed(if place.canary { "true" } else { "false" }))
            }
            "routeKey" => self.route.as_deref().map(Cow::Borrowed),
            "resourcePath" => self
                .route
                .as_deref()
                .and_then(|route| route.split_once(' '))
                .map(|(_, path)| Cow::Borrowed(path)),
            "status" => self.status.map(|status| Cow::Owned(status.to_string())),
            "integrationStatus" | "integration.status" => self
                .integration
                .as_ref()
                .and_then(|call| call.status)
                .map(|status| Cow::Owned(status.to_string())),
            "integrationLatency" | "integration.latency" => {
                self.integration.as_ref().map(|call| Cow::Owned(call.latency.as_millis().to_string()))
            }
            "error.responseType" => text(self.refusal_type()),
            "error.validationErrorString" => self.validation_error.as_deref().map(Cow::Borrowed),
            "error.message" => self.refusal.as_ref()?.message(self.family()).map(Cow::Owned),
            "error.messageString" => {
                let message = self.refusal.as_ref()?.message(self.family());
                Some(Cow::Owned(message.map_or_else(
                    || "null".to_owned(),
                    |message| serde_json::Value::from(message).to_string(),
                )))
            }
            _ => match name.split_once('.')? {
                ("authorizer", name) => self.authorizer_context(name),
                ("identity", name) => self.identity_context(name).map(Cow::Borrowed),
                _ => None,
            },
        }
    }

    /// The name of every `$context` variable that may have a value, those of an authorizer's own included.
    pub(crate) fn each_context_name(&self, see: &mut dyn FnMut(&str)) {
        NAMES.iter().for_each(|name| see(name));
        let Some(caller) = self.caller() else { return };
        match &caller.finding {
            Finding::Anonymous | Finding::Iam(_) => {}
            Finding::Lambda(judgement) => {
                judgement.context_names().for_each(|name| see(&["authorizer.", name].concat()));
            }
            Finding::Jwt { token, .. } | Finding::Cognito(token) => {
                token.claim_names().for_each(|name| see(&["authorizer.claims.", name].concat()));
            }
        }
    }

    /// What an authorizer found out; a remembered finding took no time.
    fn authorizer_context(&self, name: &str) -> Option<Cow<'_, str>> {
        let caller = self.caller()?;
        if name == "integrationLatency" {
            return caller.authorizer_latency_milliseconds.map(|latency| Cow::Owned(latency.to_string()));
        }
        match &caller.finding {
            Finding::Anonymous | Finding::Iam(_) => None,
            Finding::Lambda(judgement) => judgement.context_value(name).map(Cow::Borrowed),
            // ASSUMPTION: the principal is whom the token is about.
            Finding::Jwt { token, .. } | Finding::Cognito(token) => match name {
                "principalId" => token.subject().map(Cow::Borrowed),
                _ => token.claim(name.strip_prefix("claims.")?),
            },
        }
    }

    /// What AWS credentials and the TLS handshake tell of the caller.
    fn identity_context(&self, name: &str) -> Option<&str> {
        if let Some(field) = name.strip_prefix("clientCert.") {
            return certificate_field(self.certificate()?, field);
        }
        match name {
            "apiKey" => return self.api_key().map(Secret::reveal),
            "apiKeyId" => return self.client().map(|client| client.key.id.as_str()),
            _ => {}
        }
        let identity = self.caller()?.iam()?;
        match name {
            "accountId" => Some(&identity.account_id),
            "caller" | "user" => Some(&identity.user_id),
            "userArn" => Some(&identity.user_arn),
            "accessKey" => identity.access_key.as_deref(),
            "principalOrgId" => identity.principal_org_id.as_deref(),
            _ => None,
        }
    }
}

fn certificate_field<'a>(certificate: &'a ClientCertificate, name: &str) -> Option<&'a str> {
    match name {
        "clientCertPem" => Some(&certificate.pem),
        "subjectDN" => Some(&certificate.subject),
        "issuerDN" => Some(&certificate.issuer),
        "serialNumber" => Some(&certificate.serial_number),
        "validity.notBefore" => Some(&certificate.not_before),
        "validity.notAfter" => Some(&certificate.not_after),
        _ => None,
    }
}

/// The moment as Apache's common log format writes it: `20/Nov/2026:16:00:00 +0000`.
pub(crate) fn request_time(moment: Timestamp) -> String {
    let seconds = moment.milliseconds() / 1_000;
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_date(days);
    let name = month_name(month);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// The name of a month that [`civil_date`] found: `Jan` of 1.
pub(crate) fn month_name(month: u64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or("Jan")
}

/// A moment as ISO 8601 writes it: `2026-11-20T16:00:00Z`.
pub(crate) fn iso_8601(seconds: u64) -> String {
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds % 86_400 / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970, by counting 400-year cycles from the first of March
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
pub(crate) const fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_PER_CYCLE: u64 = 146_097;
    let days = days_since_1970 + DAYS_TO_1970;
    let (cycle, day_of_cycle) = (days / DAYS_PER_CYCLE, days % DAYS_PER_CYCLE);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let january_or_february = if month <= 2 { 1 } else { 0 };
    (year_of_cycle + cycle * 400 + january_or_february, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use super::*;
    use crate::authorizers::Caller;
    use crate::authorizers::iam::IamIdentity;
    use crate::authorizers::jwt::{ClaimsForm, Verified};
    use crate::authorizers::lambda::answer::{self, Form};
    use crate::snapshot::routes::Rules;
    use crate::{Arrival, Vouched};

    /// The variables of a record whose caller was found out so, with a certificate.
    fn told(finding: Finding, latency: Option<u64>) -> impl Fn(&str) -> Option<String> {
        let certificate = ClientCertificate {
            pem: "PEM".into(),
            subject: "CN=a".into(),
            issuer: "CN=b".into(),
            serial_number: "01".into(),
            not_before: "then".into(),
            not_after: "later".into(),
        };
        let arrival = Arrival {
            vouched: Vouched { identity: None, certificate: Some(Arc::new(certificate)) },
            ..Arrival::in_tests(Timestamp::from_milliseconds(0))
        };
        let mut record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
        record.note_caller(Caller { finding, authorizer_latency_milliseconds: latency });
        move |name| record.context(name).map(Cow::into_owned)
    }

    #[test]
    fn who_signed_is_told() {
        let identity = IamIdentity {
            account_id: "123456789012".into(),
            user_arn: "arn:aws:iam::123456789012:user/ann".into(),
            user_id: "AIDAEXAMPLE".into(),
            access_key: Some("AKIAEXAMPLE".into()),
            principal_org_id: None,
        };
        let context = told(Finding::Iam(Arc::new(identity)), None);
        for (name, value) in [
            ("identity.accountId", Some("123456789012")),
            ("identity.caller", Some("AIDAEXAMPLE")),
            ("identity.user", Some("AIDAEXAMPLE")),
            ("identity.userArn", Some("arn:aws:iam::123456789012:user/ann")),
            ("identity.accessKey", Some("AKIAEXAMPLE")),
            ("identity.principalOrgId", None),
            ("identity.sourceIp", Some("127.0.0.1")),
            ("identity.clientCert.clientCertPem", Some("PEM")),
            ("identity.clientCert.subjectDN", Some("CN=a")),
            ("identity.clientCert.issuerDN", Some("CN=b")),
            ("identity.clientCert.serialNumber", Some("01")),
            ("identity.clientCert.validity.notBefore", Some("then")),
            ("identity.clientCert.validity.notAfter", Some("later")),
            ("identity.clientCert.other", None),
            ("authorizer.principalId", None),
            ("authorizer.integrationLatency", None),
        ] {
            assert_eq!(context(name).as_deref(), value, "{name}");
        }
        let nobody = told(Finding::Anonymous, None);
        assert_eq!((nobody("identity.user"), nobody("authorizer.claims.sub")), (None, None));
    }

    #[test]
    fn what_authorizers_found_out_is_told() {
        let text = br#"{"isAuthorized":true,"principalId":"u1","context":{"a.b":"x","n":1}}"#;
        let judgement = answer::read(text, Form { rules: Rules::Http, is_simple: true }).unwrap();
        let context = told(Finding::Lambda(Arc::new(judgement)), Some(0));
        for (name, value) in [
            ("authorizer.principalId", Some("u1")),
            ("authorizer.a.b", Some("x")),
            ("authorizer.n", Some("1")),
            ("authorizer.claims.sub", None),
            ("authorizer.integrationLatency", Some("0")),
            ("identity.user", None),
        ] {
            assert_eq!(context(name).as_deref(), value, "{name}");
        }
        let claims = serde_json::json!({"sub": "u2", "https://a.b/c": "x"});
        let token = || Arc::new(Verified::of_claims(&claims, ClaimsForm::Http));
        for finding in [Finding::Cognito(token()), Finding::Jwt { token: token(), has_scopes: false }] {
            let context = told(finding, None);
            assert_eq!(context("authorizer.claims.sub").as_deref(), Some("u2"));
            assert_eq!(context("authorizer.principalId").as_deref(), Some("u2"));
            assert_eq!(context("authorizer.claims.https://a.b/c").as_deref(), Some("x"));
            assert_eq!((context("authorizer.sub"), context("authorizer.claims.none")), (None, None));
        }
    }

    #[test]
    fn times_are_written_as_in_logs() {
        let request_time = |milliseconds| request_time(Timestamp::from_milliseconds(milliseconds));
        assert_eq!(request_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(request_time(951_782_400_000), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(request_time(1_795_190_399_999), "20/Nov/2026:15:59:59 +0000");
        assert_eq!(request_time(4_107_542_399_000), "28/Feb/2100:23:59:59 +0000");
    }
}
