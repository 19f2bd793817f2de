//! Which stage a request is for, and which path below it.

use std::sync::Arc;
use std::time::Duration;

use gatelet_model::{ApiId, DomainName, MappingKey, RoutingMode, StageName};
use http::header::HOST;

use crate::payload::{CanonicalPath, Request};
use crate::ports::Arrival;
use crate::ports::{Definitions, PortError, World};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::{ApiSnapshot, Published, StageSnapshot};

/// The second label of an API's own host name: `{api-id}.execute-api.{anything}`.
const EXECUTE_API: &str = "execute-api";
/// Path form of an API's address, for hosts that have no names: `/_aws/execute-api/{api-id}/{stage}/path`.
const PATH_FORM: &str = "/_aws/execute-api/";
/// The path form that older local tools have: `/restapis/{api-id}/{stage}/_user_request_/path`.
const OLDER_PATH_FORM: &str = "/restapis/";
/// How long a request waits for definitions, however long its integration may take.
const DEFINITIONS_WAIT_MAX: Duration = Duration::from_secs(10);
const OLDER_PATH_MARK: &str = "_user_request_";

/// What may follow `{api-id}.execute-api.` in an API's own name where anybody may point a name at the door: names that no
/// stranger owns.
pub const OWN_NAME_SUFFIXES: [&str; 3] = ["localhost", "amazonaws.com", "amazonaws.com.cn"];

/// Which hosts and address forms this front door answers for.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// Hosts, lower-case and without port, that are taken besides loopback, APIs' own names and custom domains; one that begins
    /// with a dot stands for every name below it.
    pub allowed_hosts: Vec<Box<str>>,
    /// Whether every host leads to `only_api`: nobody shares its door, and neither APIs' own names nor custom domains count.
    pub every_host: bool,
    /// Whether APIs can be addressed by path on loopback and on `allowed_hosts`.
    pub path_forms: bool,
    /// What may follow `{api-id}.execute-api.` in an API's own name; empty is anything. On one machine only names
    /// that no stranger owns: a page of `{api-id}.execute-api.evil.example` whose name is turned to 127.0.0.1
    /// (DNS rebinding) would read every answer.
    pub own_name_suffixes: Vec<Box<str>>,
    /// Whether strangers reach this door: an API that refuses its own `execute-api` name then refuses its path forms, too.
    pub is_public: bool,
    /// The API that stands at `/{stage}/path` there, where it is the only one.
    pub only_api: Option<ApiId>,
    /// The stage of that API which takes the whole path there, its own name being no part of it.
    pub only_stage: Option<StageName>,
}

impl Front {
    fn takes_host(&self, host: &str) -> bool {
        let is_allowed =
            |allowed: &str| host == allowed || allowed.starts_with('.') && host.ends_with(allowed);
        self.every_host || is_loopback(host) || self.allowed_hosts.iter().any(|allowed| is_allowed(allowed))
    }

    /// Whether an API's own name may end so; the suffix begins with its dot.
    fn takes_own_name(&self, suffix: &str) -> bool {
        let is_below = |allowed: &str| {
            suffix.strip_suffix(allowed).is_some_and(|before| before == "." || before.ends_with('.'))
        };
        match self.own_name_suffixes.as_slice() {
            [] => suffix.is_empty() || suffix.starts_with('.'),
            allowed => suffix.starts_with('.') && allowed.iter().any(|allowed| is_below(allowed)),
        }
    }
}

/// Where a request goes.
#[derive(Debug)]
pub struct Located {
    /// The stage.
    pub stage: Arc<StageSnapshot>,
    /// What the client wrote before that path to address the stage: `/dev`, or the base path of a custom domain.
    base: Box<str>,
    /// The path below it, as it came.
    raw_path: Box<str>,
    /// Whether a custom domain led here.
    pub custom_domain: bool,
    /// The host in the request, lower-case, without port.
    pub host: Box<str>,
}

impl Located {
    /// A stage found at a host, with what the client wrote to address it and the rest of the path.
    #[must_use]
    pub fn new(stage: Arc<StageSnapshot>, host: Box<str>, base: Box<str>, raw_path: Box<str>) -> Self {
        Self { stage, base, raw_path, custom_domain: false, host }
    }

    /// What the client wrote before the path to address the stage: `/dev`, the base path of a custom domain, or nothing.
    /// The forms of addressing that only this gateway has are written as AWS's would be.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The path below the stage, as it came.
    #[must_use]
    pub fn raw_path(&self) -> &str {
        &self.raw_path
    }

    /// The one canonical path below the stage, from which everything else derives.
    ///
    /// # Errors
    /// [`Refusal::BadPath`] where two readers could understand the path differently.
    pub fn path(&self) -> Result<CanonicalPath, Refusal> {
        let raw = if self.raw_path.is_empty() { "/" } else { &self.raw_path };
        CanonicalPath::parse(raw).map_err(Refusal::BadPath)
    }
}

/// What a host and path address, before definitions are asked.
#[derive(Debug, PartialEq, Eq)]
enum Address<'a> {
    /// An API's own name, or a path form; `is_execute_api` where it is the address that an API can refuse. Where no stage is given, the rest begins with it, unless it is `$default`'s.
    Api { id: &'a str, stage: Option<&'a str>, rest: &'a str, is_execute_api: bool },
    /// A custom domain.
    Domain,
}

/// Finds the stage that a request to a host ([`host`]) and a path is for.
///
/// # Errors
/// [`Refusal::UnknownHost`] for a host that is none of ours, or that asks for a client certificate where none was shown, [`Refusal::NoSuchStage`] and
/// [`Refusal::NoSuchHttpApiStage`] where nothing is deployed under the address, [`Refusal::BadPath`] and
/// [`Refusal::BadHeaders`] for a request that could be understood in two ways, [`Refusal::DefinitionsUnavailable`]
/// where definitions cannot be had.
pub async fn locate<W: World>(
    world: &W,
    front: &Front,
    arrival: &Arrival,
    host: Box<str>,
    raw_path: &str,
    record: &Record,
) -> Result<Located, Refusal> {
    let definitions = world.definitions();
    let deadline = arrival.deadline.min(arrival.now.after(DEFINITIONS_WAIT_MAX));
    // A gate that cannot read its definitions stays closed: 503, never an empty route table.
    let closed = |error: PortError| Refusal::DefinitionsUnavailable(error.to_string());
    match address(front, &host, raw_path)? {
        Address::Api { id, stage, rest, is_execute_api } => {
            let id = ApiId::parse(id).map_err(|_| Refusal::NoSuchStage)?;
            let published = definitions.published(&id, deadline).await.map_err(closed)?;
            let published = published.ok_or(Refusal::NoSuchStage)?;
            let (stage, rest) = match stage {
                Some(name) => (named_stage(&published, name)?, rest),
                None => stage_of(&published, rest)?,
            };
            if is_execute_api && stage.disables_execute_api_endpoint() {
                return Err(Refusal::UnknownHost);
            }
            let (base, raw_path) = (stage_base(&stage).into(), rest.into());
            Ok(Located::new(stage, host, base, raw_path))
        }
        Address::Domain => {
            let domain = definitions.domain(&host, deadline).await.map_err(closed)?;
            let domain = domain.ok_or(Refusal::UnknownHost)?;
            // AWS ends the handshake of whoever shows no certificate. Another door than that one can lead here, too.
            if domain.mutual_tls.is_some() && arrival.vouched.certificate.is_none() {
                record.explain(|| {
                    format!("the custom domain `{host}` asks for a client certificate, and none was shown")
                });
                return Err(Refusal::UnknownHost);
            }
            // Which API a rule would choose is not known here, and none is better than the wrong one.
            if domain.routing_mode != RoutingMode::ApiMappingOnly {
                record.explain(|| {
                    format!("the custom domain `{host}` has routing rules, which are not served")
                });
                return Err(Refusal::UnknownHost);
            }
            let path = CanonicalPath::parse(raw_path).map_err(Refusal::BadPath)?;
            let (mapping, rest) = longest_mapping(&domain, path.as_str()).ok_or(Refusal::NoSuchStage)?;
            let published = definitions.published(&mapping.api_id, deadline).await.map_err(closed)?;
            let published = published.ok_or(Refusal::NoSuchStage)?;
            let mut base = String::new();
            if !mapping.key.as_str().is_empty() {
                base.push('/');
                base.push_str(mapping.key.as_str());
            }
            let (stage, rest) = match &mapping.stage {
                Some(name) => (named_stage(&published, name.as_str())?, rest),
                None => {
                    let (stage, rest) = stage_of(&published, rest)?;
                    base.push_str(&stage_base(&stage));
                    (stage, rest)
                }
            };
            Ok(Located { custom_domain: true, ..Located::new(stage, host, base.into(), rest.into()) })
        }
    }
}

/// The request's host: of the URI in HTTP/2, else of the one `Host` header; lower-case, without port and final dot.
///
/// # Errors
/// [`Refusal::BadHeaders`] where the request names none, several, or something else than a host.
pub fn host(request: &Request) -> Result<Box<str>, Refusal> {
    let mut values = request.headers().get_all(HOST).iter();
    let header = values.next();
    if values.next().is_some() {
        return Err(Refusal::BadHeaders("more than one Host header"));
    }
    let of_uri = request.uri().authority().map(http::uri::Authority::as_str);
    let text = match (of_uri, header) {
        (Some(of_uri), Some(header)) if !of_uri.as_bytes().eq_ignore_ascii_case(header.as_bytes()) => {
            return Err(Refusal::BadHeaders("the Host header differs from the request's authority"));
        }
        (Some(of_uri), _) => of_uri,
        (None, Some(header)) => {
            header.to_str().map_err(|_| Refusal::BadHeaders("the Host header is not text"))?
        }
        (None, None) => return Err(Refusal::BadHeaders("no Host header")),
    };
    let authority: http::uri::Authority =
        text.parse().map_err(|_| Refusal::BadHeaders("the Host header is not a host"))?;
    let name = authority.host();
    let behind = text.get(name.len()..).unwrap_or_default();
    // RFC 3986 lets a host hold `,`, `;` and `=`, with which it would forge what backends are told of it.
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']' | b':');
    let is_port = behind.strip_prefix(':').is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if text.contains('@') || !name.bytes().all(is_plain) || !is_port {
        return Err(Refusal::BadHeaders("the Host header is not a host"));
    }
    Ok(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase().into())
}

fn address<'a>(front: &'a Front, host: &'a str, path: &'a str) -> Result<Address<'a>, Refusal> {
    if !front.every_host
        && let Some((id, after)) = host.split_once('.')
        && let Some(suffix) = after.strip_prefix(EXECUTE_API)
        && front.takes_own_name(suffix)
    {
        return Ok(Address::Api { id, stage: None, rest: path, is_execute_api: true });
    }
    if !front.takes_host(host) {
        return Ok(Address::Domain);
    }
    if front.path_forms {
        if let Some(rest) = path.strip_prefix(PATH_FORM) {
            let (id, _) = rest.split_once('/').unwrap_or((rest, ""));
            return Ok(Address::Api {
                id,
                stage: None,
                rest: rest.get(id.len()..).unwrap_or_default(),
                is_execute_api: front.is_public,
            });
        }
        if let Some(address) = older_form(front, path) {
            return Ok(address);
        }
    }
    match &front.only_api {
        Some(id) => {
            let stage = front.only_stage.as_ref().map(StageName::as_str);
            Ok(Address::Api { id: id.as_str(), stage, rest: path, is_execute_api: false })
        }
        None => Err(Refusal::NoSuchStage),
    }
}

/// Reads `/restapis/{api-id}/{stage}/_user_request_/path`.
fn older_form<'a>(front: &Front, path: &'a str) -> Option<Address<'a>> {
    let (id, rest) = path.strip_prefix(OLDER_PATH_FORM)?.split_once('/')?;
    let (stage, rest) = rest.split_once('/')?;
    let rest = rest.strip_prefix(OLDER_PATH_MARK)?;
    let whole = rest.is_empty() || rest.starts_with('/');
    whole.then_some(Address::Api { id, stage: Some(stage), rest, is_execute_api: front.is_public })
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn named_stage(published: &Published, name: &str) -> Result<Arc<StageSnapshot>, Refusal> {
    published.stage(name).cloned().ok_or_else(|| {
        let is_http = published.stages().any(|stage| matches!(stage.api(), ApiSnapshot::Http(_)));
        if is_http { Refusal::NoSuchHttpApiStage } else { Refusal::NoSuchStage }
    })
}

/// The stage that a path begins with, else `$default`, and what is left of the path
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>: the stage is chosen first).
fn stage_of<'p>(published: &Published, path: &'p str) -> Result<(Arc<StageSnapshot>, &'p str), Refusal> {
    let trimmed = path.trim_start_matches('/');
    let (name, _) = trimmed.split_once('/').unwrap_or((trimmed, ""));
    match published.stage(name).filter(|stage| !stage.name().is_default()) {
        Some(stage) => Ok((Arc::clone(stage), trimmed.get(name.len()..).unwrap_or_default())),
        None => Ok((named_stage(published, StageName::DEFAULT)?, path)),
    }
}

/// What stands before the path where a stage is addressed by its name; `$default` needs none.
fn stage_base(stage: &StageSnapshot) -> String {
    if stage.name().is_default() { String::new() } else { format!("/{}", stage.name()) }
}

/// The mapping with the longest path that the request's path begins with, and what is left
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html>).
fn longest_mapping<'d, 'p>(
    domain: &'d DomainName,
    path: &'p str,
) -> Option<(&'d gatelet_model::ApiMapping, &'p str)> {
    let inside = path.strip_prefix('/')?;
    domain
        .mappings
        .iter()
        .filter_map(|mapping| rest_below(&mapping.key, inside, path).map(|rest| (mapping, rest)))
        .max_by_key(|(mapping, _)| mapping.key.as_str().len())
}

fn rest_below<'p>(key: &MappingKey, inside: &'p str, path: &'p str) -> Option<&'p str> {
    if key.as_str().is_empty() {
        return Some(path);
    }
    inside.strip_prefix(key.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
