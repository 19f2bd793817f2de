//! The form of a case file.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

/// How a body begins that is no text.
const BASE64: &str = "base64:";

/// One documented rule, shown by exchanges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The rule in one sentence.
    pub rule: String,
    /// Where it is documented or was recorded.
    pub source: String,
    /// An OpenAPI document, or a template, whose first API is meant.
    pub definition: String,
    /// `rest` or `http`, where the document's marks do not say.
    pub kind: Option<String>,
    /// The stage; `dev` on REST APIs and `$default` on HTTP APIs where not given.
    pub stage: Option<String>,
    /// The certificate that a REST stage shows to backends.
    pub client_certificate: Option<String>,
    /// Stage variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Custom domains and the base path under which each shows the stage; such a request gives its own `host`.
    #[serde(default)]
    pub domains: BTreeMap<String, String>,
    /// What limits requests.
    #[serde(default)]
    pub limits: Limits,
    /// Usage plans by id.
    #[serde(default)]
    pub plans: BTreeMap<String, Plan>,
    /// API keys by value.
    #[serde(default)]
    pub keys: BTreeMap<String, Key>,
    /// What is sent and what comes back.
    pub exchange: Vec<Exchange>,
}

/// What limits requests, whoever sends them: each `RATE:BURST`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// All APIs together.
    pub account: Option<String>,
    /// Whether clients are told.
    #[serde(default)]
    pub headers: bool,
    /// The stage's, by `*/*` or `/path/METHOD`, and by route key on HTTP APIs, `$stage` being what others have.
    #[serde(default)]
    pub stage: BTreeMap<String, String>,
}

/// A usage plan that holds the stage.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// `RATE:BURST`.
    pub throttle: Option<String>,
    /// `LIMIT/PERIOD`, such as `3/DAY`.
    pub quota: Option<String>,
    /// Taken off the limit of the first period.
    #[serde(default)]
    pub offset: u32,
    /// Whether nobody passes while it cannot be counted.
    #[serde(default)]
    pub strict: bool,
    /// Its stage, where it is another.
    pub stage: Option<String>,
    /// Limits by method: `RATE:BURST`.
    #[serde(default)]
    pub methods: BTreeMap<String, String>,
}

/// An API key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Its id.
    pub id: String,
    /// Its plans.
    #[serde(default)]
    pub plans: Vec<String>,
    /// Whether it is enabled; it is, where nothing is said.
    pub enabled: Option<bool>,
    /// When it was put into its plans: `2026-11-20`, or long ago.
    pub since: Option<String>,
}

/// What happened before an exchange.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// `GET /dev/pets`, on the API's own host; nothing where only time passes or something breaks.
    #[serde(default)]
    pub request: String,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How often it is sent; once where nothing is said.
    pub times: Option<u32>,
    /// What each is answered with.
    pub status: Option<u16>,
    /// How much time passes after it, in milliseconds.
    #[serde(default)]
    pub then_milliseconds: u64,
    /// `counters` or `credentials` fail from then on.
    #[serde(default)]
    pub then_fail: Vec<String>,
}

/// One request and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// `GET /dev/pets?a=b`, on the API's own host.
    pub request: String,
    /// Its headers; a value with `\n` is several.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body; bytes are written as `base64:/w==`, here and wherever a body stands.
    #[serde(default)]
    pub body: String,
    /// The coding that the body is sent in: see `gatelet_tests::coding`.
    pub coding: Option<String>,
    /// What happened before, in this order.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// What the backend does.
    #[serde(default)]
    pub backend: Backend,
    /// What the AWS service does.
    #[serde(default)]
    pub service: Backend,
    /// What the function does.
    #[serde(default)]
    pub function: Function,
    /// What the function does whose name begins with `authorizer`.
    #[serde(default)]
    pub authorizer: Function,
    /// Ways on which it does not pass, each with the reason.
    #[serde(default)]
    pub not_through: BTreeMap<Way, String>,
    /// What the client sees.
    pub expect: Expect,
}

/// A way into the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// The data plane itself, with nothing in front.
    DataPlane,
    /// A connection to the server on one machine.
    LocalServer,
    /// A Function URL's event, with CloudFront before it.
    FunctionUrl,
    /// The event of a load balancer that tells every value of a header.
    LoadBalancer,
}

/// What the backend does.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backend {
    /// Its status; 200 where not given.
    pub status: Option<u16>,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body.
    #[serde(default)]
    pub body: String,
    /// `timeout`, `refused`, `network` or `bad-answer` instead of an answer; of a service also `unsigned`.
    pub error: Option<String>,
}

/// What the function does.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Function {
    /// What it returns.
    #[serde(default)]
    pub payload: String,
    /// What it sends as it comes, instead.
    pub stream: Option<String>,
    /// `Unhandled`, where it fails.
    pub function_error: Option<String>,
    /// `not-found`, `denied`, `throttled`, `timeout` or `unavailable` instead of an answer.
    pub error: Option<String>,
}

/// What the client and the record show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// The status.
    pub status: u16,
    /// Headers that must have these values.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The whole body, where it matters.
    pub body: Option<String>,
    /// The coding of the body, which is compared out of it; empty for none.
    pub coding: Option<String>,
    /// The route in the record; empty for none.
    pub route: Option<String>,
    /// The gateway response type in the record; empty for none.
    pub refusal: Option<String>,
    /// What the backend saw; not given where it must not be called.
    pub backend: Option<SeenByBackend>,
    /// What the AWS service saw; not given where none must be called.
    pub service: Option<SeenByService>,
    /// What the function saw; not given where it must not be called.
    pub function: Option<SeenByFunction>,
    /// What the authorizer's function saw; not given where it must not be called.
    pub authorizer: Option<SeenByFunction>,
    /// Lines of the execution log, in their order, others may stand between: compared where nothing stands before the data plane.
    #[serde(default)]
    pub log: Vec<String>,
}

/// What the backend saw.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenByBackend {
    /// `GET http://host/path?query`.
    pub request: String,
    /// Headers that must have these values.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The whole body, where it matters.
    pub body: Option<String>,
    /// How it was reached, beside its URI: `link ID TARGET`, `any issuer`, `name NAME`, `certificate ID`, with commas between; empty for
    /// nothing special.
    pub way: Option<String>,
    /// How long it might have taken, where that matters.
    pub timeout_milliseconds: Option<u64>,
}

/// What the AWS service saw.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenByService {
    /// `POST /path?query`.
    pub request: String,
    /// AWS's own host for it.
    pub host: String,
    /// The region and the name that it is signed for, `us-east-1/sqs`, where they matter.
    pub signed_for: Option<String>,
    /// The role that is assumed; empty for none.
    pub role: Option<String>,
    /// Headers that must have these values.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The whole body, where it matters.
    pub body: Option<String>,
}

/// What the function saw. Members of the event are named by JSON pointers, such as `/requestContext/stage`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenByFunction {
    /// Which one it was.
    pub name: Option<String>,
    /// The whole event as it is written.
    pub payload: Option<String>,
    /// Whether it was only told.
    #[serde(default)]
    pub told: bool,
    /// Members that must have these values.
    #[serde(default)]
    pub event: BTreeMap<String, serde_json::Value>,
    /// Members that must be null.
    #[serde(default)]
    pub null: Vec<String>,
    /// Members that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// The bytes of a body.
pub(crate) fn bytes(text: &str) -> Bytes {
    match text.strip_prefix(BASE64) {
        Some(coded) => STANDARD.decode(coded).expect("it is base64").into(),
        None => Bytes::copy_from_slice(text.as_bytes()),
    }
}

/// A body as a case writes it that expects another.
pub(crate) fn written(body: &[u8], expected: &str) -> String {
    match expected.starts_with(BASE64) {
        true => BASE64.to_owned() + &STANDARD.encode(body),
        false => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Reads a case file.
pub(crate) fn read(path: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| error.to_string())
}
