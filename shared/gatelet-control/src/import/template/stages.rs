//! Stages: of REST APIs as `AWS::ApiGateway::Stage` and `AWS::Serverless::Api` have them, and of the second version's.

use gatelet_model::rest::{
    AccessLogSettings, CanarySettings, MethodSettings, MethodSettingsTarget, RestStage,
};
use gatelet_model::v2::{RouteSettings, V2Stage};
use gatelet_model::{PartId, Problem, StageName, StageVariables, Throttle};
use indexmap::IndexMap;

use super::assembly::Assembly;
use crate::document::{Mapping, Node, Span};
use crate::identity;
use crate::import::intrinsics::Purpose;
use crate::import::not_yet::NotYet;
use crate::import::reader::Reader;

/// The burst where only a rate is given, which AWS allows for both alone. ASSUMPTION: what is not given is as for an account
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
const BURST_DEFAULT: u32 = 5_000;
/// The rate where only a burst is given.
const RATE_DEFAULT: f64 = 10_000.0;
/// What stands for no limit in settings of a stage: the AWS command writes it so when a limit is taken away.
const NO_LIMIT: &str = "-1";

impl<'d> Assembly<'d> {
    /// A stage of a REST API. SAM and CloudFormation use the same names for its properties.
    pub(super) fn rest_stage(&mut self, name: StageName, properties: &'d Mapping) -> RestStage {
        let reader = &mut self.reader;
        let mut stage = RestStage::new(name);
        stage.description = reader.text_of(properties, "Description", Purpose::Expression);
        stage.variables = variables(reader, properties, "Variables");
        if let Some(list) = properties.get("MethodSettings") {
            for item in reader.sequence(list, "MethodSettings").unwrap_or_default() {
                if let Some((target, settings)) = method_settings(reader, item) {
                    stage.method_settings.insert(target, settings);
                }
            }
        }
        stage.access_log = access_log(reader, properties, "AccessLogSetting");
        stage.cache_cluster_enabled =
            reader.boolean_of(properties, "CacheClusterEnabled").unwrap_or_default();
        stage.cache_cluster_size = reader.text_of(properties, "CacheClusterSize", Purpose::Expression);
        if let Some(entry) = properties.entry("CacheClusterEnabled").filter(|_| stage.cache_cluster_enabled) {
            reader.not_yet(entry.key_span, NotYet::Caching);
        }
        stage.canary = canary(reader, properties);
        stage.tracing_enabled = reader.boolean_of(properties, "TracingEnabled").unwrap_or_default();
        stage.client_certificate_id = reader.text_of(properties, "ClientCertificateId", Purpose::Expression);
        stage
    }

    /// A stage of an HTTP or WebSocket API; SAM says `StageVariables` too.
    pub(super) fn v2_stage(
        &mut self,
        name: StageName,
        properties: &'d Mapping,
        auto_deploy: bool,
    ) -> V2Stage {
        let reader = &mut self.reader;
        let mut stage = V2Stage::new(name);
        stage.description = reader.text_of(properties, "Description", Purpose::Expression);
        stage.variables = variables(reader, properties, "StageVariables");
        if let Some(node) = properties.get("DefaultRouteSettings") {
            stage.default_route_settings = route_settings(reader, node);
        }
        let by_route = properties.get("RouteSettings");
        let by_route = by_route.and_then(|node| reader.mapping(node, "RouteSettings"));
        for entry in by_route.into_iter().flatten() {
            let settings = route_settings(reader, &entry.value);
            stage.route_settings.insert(entry.key.to_string(), settings);
        }
        stage.access_log = access_log(reader, properties, "AccessLogSettings");
        stage.auto_deploy = reader.boolean_of(properties, "AutoDeploy").unwrap_or(auto_deploy);
        stage.client_certificate_id = reader.text_of(properties, "ClientCertificateId", Purpose::Expression);
        stage
    }
}

fn variables<'d>(reader: &mut Reader<'d>, properties: &'d Mapping, key: &str) -> StageVariables {
    let Some(node) = properties.get(key) else { return StageVariables::default() };
    let mut pairs = Vec::new();
    for entry in reader.mapping(node, key).into_iter().flatten() {
        if let Some(value) = reader.text(&entry.value, &entry.key, Purpose::Expression) {
            pairs.push((entry.key.to_string(), value));
        }
    }
    reader.keep(node.span, StageVariables::new(pairs)).unwrap_or_default()
}

/// A rate and a burst under the names that this kind of setting has.
pub(super) fn throttle<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
    rate: &str,
    burst: &str,
) -> Option<Throttle> {
    if mapping.get(rate).is_none() && mapping.get(burst).is_none() {
        return None;
    }
    let burst = reader.number_of(mapping, burst).unwrap_or(BURST_DEFAULT);
    let rate = decimal(reader, mapping, rate).unwrap_or(RATE_DEFAULT);
    reader.keep(node.span, Throttle::new(rate, burst))
}

fn decimal<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping, key: &str) -> Option<f64> {
    let node = mapping.get(key)?;
    let number = node.scalar_text().and_then(|text| text.trim().parse().ok());
    if number.is_none() {
        reader.error(node.span, format!("`{key}` must be a number"), "write digits alone, without a unit");
    }
    number
}

/// The limit in settings of a stage. ASSUMPTION: [`NO_LIMIT`] for rate and burst is as if nothing were said.
fn stage_throttle<'d>(reader: &mut Reader<'d>, node: &'d Node, mapping: &'d Mapping) -> Option<Throttle> {
    let (rate, burst) = ("ThrottlingRateLimit", "ThrottlingBurstLimit");
    let is_off = |key: &str| {
        let text = mapping.get(key).and_then(Node::scalar_text);
        text.is_none_or(|text| matches!(text.trim(), NO_LIMIT | "-1.0"))
    };
    if is_off(rate) && is_off(burst) { None } else { throttle(reader, node, mapping, rate, burst) }
}

fn method_settings<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
) -> Option<(MethodSettingsTarget, MethodSettings)> {
    let mapping = reader.mapping(node, "MethodSettings")?;
    let path =
        reader.text_of(mapping, "ResourcePath", Purpose::Expression).unwrap_or_else(|| "/*".to_owned());
    let method = reader.text_of(mapping, "HttpMethod", Purpose::Expression).unwrap_or_else(|| "*".to_owned());
    let target = reader.keep(node.span, method_target(&path, &method))?;
    let caching = mapping.entry("CachingEnabled");
    let settings = MethodSettings {
        metrics_enabled: reader.boolean_of(mapping, "MetricsEnabled"),
        logging_level: reader.text_of(mapping, "LoggingLevel", Purpose::Expression),
        data_trace_enabled: reader.boolean_of(mapping, "DataTraceEnabled"),
        throttle: stage_throttle(reader, node, mapping),
        caching_enabled: reader.boolean_of(mapping, "CachingEnabled"),
        cache_ttl_seconds: reader.number_of(mapping, "CacheTtlInSeconds"),
        cache_data_encrypted: reader.boolean_of(mapping, "CacheDataEncrypted"),
        ..MethodSettings::default()
    };
    if let Some(entry) = caching.filter(|_| settings.caching_enabled == Some(true)) {
        reader.not_yet(entry.key_span, NotYet::Caching);
    }
    Some((target, settings))
}

/// `/*` and `*` are all resources; CloudFormation writes slashes as `~1` too.
pub(super) fn method_target(path: &str, method: &str) -> Result<MethodSettingsTarget, Problem> {
    let path = path.replace("~1", "/");
    let path = if matches!(path.as_str(), "/*" | "*") { "*".to_owned() } else { path };
    if path == "/" {
        return MethodSettingsTarget::parse(&format!("//{method}"));
    }
    MethodSettingsTarget::parse(&format!("{path}/{method}"))
}

/// Settings of one route, or of all that have none.
pub(super) fn route_settings<'d>(reader: &mut Reader<'d>, node: &'d Node) -> RouteSettings {
    let Some(mapping) = reader.mapping(node, "RouteSettings") else { return RouteSettings::default() };
    RouteSettings {
        detailed_metrics_enabled: reader.boolean_of(mapping, "DetailedMetricsEnabled"),
        logging_level: reader.text_of(mapping, "LoggingLevel", Purpose::Expression),
        data_trace_enabled: reader.boolean_of(mapping, "DataTraceEnabled"),
        throttle: stage_throttle(reader, node, mapping),
    }
}

fn access_log<'d>(reader: &mut Reader<'d>, properties: &'d Mapping, key: &str) -> Option<AccessLogSettings> {
    let entry = properties.entry(key)?;
    let mapping = reader.mapping(&entry.value, key)?;
    reader.not_yet(entry.key_span, NotYet::AccessLog);
    let format = match mapping.get("Format") {
        // A mapping in place of its JSON text is met in the wild, and CloudFormation writes it out.
        Some(node) if node.as_mapping().is_some() => Some(node.to_json()),
        Some(node) => reader.text(node, "Format", Purpose::Expression),
        None => None,
    };
    Some(AccessLogSettings {
        destination_arn: reader.text_of(mapping, "DestinationArn", Purpose::Expression),
        format,
    })
}

fn canary<'d>(reader: &mut Reader<'d>, properties: &'d Mapping) -> Option<CanarySettings> {
    let entry = properties.entry("CanarySetting")?;
    let mapping = reader.mapping(&entry.value, "CanarySetting")?;
    reader.not_yet(entry.key_span, NotYet::Canary);
    let percent_traffic = decimal(reader, mapping, "PercentTraffic").unwrap_or_default();
    if !(0.0..=100.0).contains(&percent_traffic) {
        let span: Span = mapping.get("PercentTraffic").map_or(entry.key_span, |node| node.span);
        reader.error(span, "the canary's share is out of range", "give 0 to 100 percent");
        return None;
    }
    let deployment = reader.text_of(mapping, "DeploymentId", Purpose::Expression);
    let deployment_id: PartId = match deployment.and_then(|id| PartId::parse(&id).ok()) {
        Some(id) => id,
        None => identity::part_id(reader.source.file(), "canary"),
    };
    Some(CanarySettings {
        percent_traffic,
        deployment_id,
        stage_variable_overrides: variables(reader, mapping, "StageVariableOverrides"),
        use_stage_cache: reader.boolean_of(mapping, "UseStageCache").unwrap_or_default(),
    })
}

/// Labels, written as a mapping (SAM, second version) or as a list of `Key` and `Value`.
pub(super) fn tags(node: Option<&Node>) -> IndexMap<String, String> {
    let mut tags = IndexMap::new();
    let Some(node) = node else { return tags };
    for entry in node.as_mapping().into_iter().flatten() {
        tags.insert(entry.key.to_string(), entry.value.scalar_text().unwrap_or_default().to_owned());
    }
    for item in node.as_sequence().unwrap_or_default() {
        let text = |key: &str| item.get(key).and_then(Node::scalar_text).unwrap_or_default().to_owned();
        tags.insert(text("Key"), text("Value"));
    }
    tags
}
