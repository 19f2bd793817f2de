//! Custom domains with their mappings and routing rules
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-domainname.html>).

use gatelet_model::rest::EndpointType;
use gatelet_model::{
    ApiMapping, Domain, DomainName, HeaderMatch, MappingKey, MutualTls, RoutingMode, RoutingRule, Stage,
};
use indexmap::IndexMap;

use super::assembly::Assembly;
use super::resources::Resolved;
use super::stages::tags;
use crate::document::{Mapping, Node};
use crate::import::intrinsics::Purpose;
use crate::import::not_yet::NotYet;
use crate::import::reader::Reader;

const DOMAINS: &[&str] =
    &["AWS::ApiGateway::DomainName", "AWS::ApiGateway::DomainNameV2", "AWS::ApiGatewayV2::DomainName"];

const APIS: &[&str] = &[
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

pub(super) fn read(assembly: &mut Assembly<'_>) {
    for resource in assembly.resources.iter().filter(|one| DOMAINS.contains(&one.kind.as_str())) {
        let Some(properties) = resource.mapping() else { continue };
        assembly.reader.about(resource.logical_id.as_str());
        domain(assembly, resource, properties);
    }
    for (kind, api, key, of) in [
        ("AWS::ApiGateway::BasePathMapping", "RestApiId", "BasePath", "DomainName"),
        ("AWS::ApiGateway::BasePathMappingV2", "RestApiId", "BasePath", "DomainNameArn"),
        ("AWS::ApiGatewayV2::ApiMapping", "ApiId", "ApiMappingKey", "DomainName"),
    ] {
        for resource in assembly.of_kind(kind) {
            assembly.reader.about(resource.logical_id.as_str());
            let mapping = mapping(assembly, resource, api, key);
            let index = index(assembly, resource, of);
            if let (Some(mapping), Some(index)) = (mapping, index)
                && let Some(domain) = assembly.imported.domains.get_mut(index)
            {
                domain.mappings.push(mapping);
            }
        }
    }
    for resource in assembly.of_kind("AWS::ApiGatewayV2::RoutingRule") {
        assembly.reader.about(resource.logical_id.as_str());
        let rule = rule(assembly, resource);
        let index = index(assembly, resource, "DomainNameArn");
        if let (Some(rule), Some(index)) = (rule, index)
            && let Some(domain) = assembly.imported.domains.get_mut(index)
        {
            domain.routing_rules.push(rule);
        }
    }
    assembly.reader.about("");
    let found: Vec<_> = assembly.imported.domains.iter().flat_map(DomainName::problems).collect();
    for problem in found {
        let named = assembly
            .resources
            .iter()
            .find(|one| one.get("DomainName").and_then(Node::scalar_text) == Some(problem.about.as_str()));
        let span = named.map_or(assembly.reader.root.span, |one| one.key_span);
        assembly.reader.report(span, problem);
    }
}

fn domain<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved, properties: &'d Mapping) {
    let Some((node, name)) = properties.get("DomainName").and_then(|node| Some((node, node.scalar_text()?)))
    else {
        assembly.reader.error(resource.key_span, "the domain has no `DomainName`", "add it");
        return;
    };
    let Some(name) = assembly.reader.keep(node.span, Domain::parse(&name.to_lowercase())) else { return };
    let reader = &mut assembly.reader;
    // The second version has a list of configurations, of which one is all there ever is.
    let configuration = properties.get("DomainNameConfigurations").and_then(Node::as_sequence);
    let configuration = configuration.and_then(<[Node]>::first).and_then(Node::as_mapping);
    let holder = configuration.unwrap_or(properties);
    let types = properties.get("EndpointConfiguration").and_then(|node| node.get("Types"));
    let word = match types.and_then(Node::as_sequence).and_then(<[Node]>::first) {
        Some(first) => reader.word(first, "Types", EndpointType::parse),
        None => reader.word_of(holder, "EndpointType", EndpointType::parse),
    };
    let default = if resource.kind == "AWS::ApiGateway::DomainName" {
        EndpointType::Edge
    } else {
        EndpointType::Regional
    };
    let mut text = |key: &str| reader.text_of(holder, key, Purpose::Expression);
    let certificate_arn = text("CertificateArn").or_else(|| text("RegionalCertificateArn"));
    let security_policy = text("SecurityPolicy");
    let mutual_tls = mutual_tls(reader, properties);
    let routing_mode =
        reader.word_of(properties, "RoutingMode", RoutingMode::parse).unwrap_or(RoutingMode::ApiMappingOnly);
    if routing_mode != RoutingMode::ApiMappingOnly {
        reader.not_yet(resource.key_span, NotYet::RoutingRules);
    }
    assembly.imported.domains.push(DomainName {
        name,
        endpoint_type: word.unwrap_or(default),
        certificate_arn,
        security_policy,
        mutual_tls,
        routing_mode,
        mappings: Vec::new(),
        routing_rules: Vec::new(),
        tags: tags(properties.get("Tags")),
    });
}

/// Which client certificates a domain takes.
fn mutual_tls<'d>(reader: &mut Reader<'d>, properties: &'d Mapping) -> Option<MutualTls> {
    let tls = properties.get("MutualTlsAuthentication")?;
    reader.warn(
        tls.span,
        "whoever shows no client certificate is refused, but `TruststoreUri` is not read: front doors have their own",
        "give it to `gatelet dev` with `--https-listen` and `--tls-truststore`, on AWS with the parameter `ClientTrustStore`",
    );
    let tls = tls.as_mapping()?;
    Some(MutualTls {
        truststore_uri: reader.text_of(tls, "TruststoreUri", Purpose::Expression)?,
        truststore_version: reader.text_of(tls, "TruststoreVersion", Purpose::Expression),
    })
}

/// The position of the domain that a mapping or rule names.
fn index<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved, key: &str) -> Option<usize> {
    let node = resource.get(key)?;
    let owner = assembly.referred(node, DOMAINS);
    let written = owner.and_then(|owner| owner.get("DomainName")).unwrap_or(node);
    let name = written.scalar_text().unwrap_or_default().to_lowercase();
    // An ARN ends with the name, behind which may stand `+id`.
    let name = name.rsplit('/').next().unwrap_or_default().split('+').next().unwrap_or_default();
    let found = assembly.imported.domains.iter().position(|domain| domain.name.as_str() == name);
    if found.is_none() {
        let message = "this domain is not in the template, so the mapping is passed over";
        assembly.reader.warn(node.span, message, "put both into one template");
    }
    found
}

fn mapping<'d>(
    assembly: &mut Assembly<'d>,
    resource: &'d Resolved,
    api: &str,
    key: &str,
) -> Option<ApiMapping> {
    let api = assembly.owner(resource, api, APIS)?;
    let key = match resource.get(key) {
        Some(node) => {
            let text = node.scalar_text().unwrap_or_default();
            assembly.reader.keep(node.span, MappingKey::parse(text))?
        }
        None => MappingKey::parse("").ok()?,
    };
    let stage = resource.get("Stage").and_then(|node| assembly.stage_name(node));
    let id = assembly.part_id(&resource.logical_id);
    Some(ApiMapping { id, key, api_id: assembly.api_id(&api.logical_id), stage })
}

fn rule<'d>(assembly: &mut Assembly<'d>, resource: &'d Resolved) -> Option<RoutingRule> {
    const HELP: &str = "add `Actions: [{InvokeApi: {ApiId: !Ref Api, Stage: prod}}]`";
    let properties = resource.mapping()?;
    let actions = properties.get("Actions").and_then(Node::as_sequence).unwrap_or_default();
    let Some(invoke) = actions.iter().find_map(|action| action.get("InvokeApi")) else {
        assembly.reader.error(resource.key_span, "the routing rule invokes no API", HELP);
        return None;
    };
    let api = invoke.get("ApiId").and_then(|node| assembly.referred(node, APIS));
    let stage = invoke.get("Stage").and_then(|node| assembly.stage_name(node));
    let (Some(api), Some(stage)) = (api, stage) else {
        assembly.reader.error(invoke.span, "the rule's API or stage is not in this template", HELP);
        return None;
    };
    let mut rule = RoutingRule {
        id: assembly.part_id(&resource.logical_id),
        priority: assembly.reader.number_of(properties, "Priority").unwrap_or_default(),
        match_headers: Vec::new(),
        match_base_paths: Vec::new(),
        api_id: assembly.api_id(&api.logical_id),
        stage,
        strip_base_path: invoke.get("StripBasePath").and_then(Node::as_bool).unwrap_or_default(),
    };
    for condition in properties.get("Conditions").and_then(Node::as_sequence).unwrap_or_default() {
        let any_of = |key: &str| {
            let list = condition.get(key).and_then(|group| group.get("AnyOf"));
            list.and_then(Node::as_sequence).unwrap_or_default()
        };
        for path in any_of("MatchBasePaths") {
            let key = MappingKey::parse(path.scalar_text().unwrap_or_default());
            rule.match_base_paths.extend(assembly.reader.keep(path.span, key));
        }
        let headers: Vec<HeaderMatch> = any_of("MatchHeaders")
            .iter()
            .filter_map(|item| {
                let text = |key: &str| item.get(key).and_then(Node::scalar_text).map(str::to_owned);
                Some(HeaderMatch { header: text("Header")?, value_glob: text("ValueGlob")? })
            })
            .collect();
        if !headers.is_empty() {
            rule.match_headers.push(headers);
        }
    }
    Some(rule)
}

impl<'d> Assembly<'d> {
    /// `Domain` of a SAM API: the domain, and the API's first stage under each base path
    /// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-domainconfiguration.html>).
    pub(super) fn sam_domain(&mut self, resource: &'d Resolved, properties: &'d Mapping, stages: &[Stage]) {
        let Some(node) = properties.get("Domain").filter(|node| !node.is_null()) else { return };
        let Some(settings) = self.reader.mapping(node, "Domain") else { return };
        let Some((name_node, name)) =
            settings.get("DomainName").and_then(|node| Some((node, node.scalar_text()?)))
        else {
            self.reader.error(node.span, "the domain has no `DomainName`", "add it");
            return;
        };
        let Some(name) = self.reader.keep(name_node.span, Domain::parse(&name.to_lowercase())) else {
            return;
        };
        let paths = settings.get("BasePath");
        let paths: Vec<String> = match paths.map(|node| (node, node.scalar_text())) {
            None => vec![String::new()],
            Some((_, Some(one))) => vec![one.to_owned()],
            Some((node, None)) => self.reader.texts(node, "BasePath", Purpose::Expression),
        };
        let mut mappings = Vec::new();
        for path in paths {
            let key = self.reader.keep(node.span, MappingKey::parse(if path == "/" { "" } else { &path }));
            let Some(key) = key else { continue };
            mappings.push(ApiMapping {
                id: self.part_id(&format!("{}{path}BasePathMapping", resource.logical_id)),
                key,
                api_id: self.api_id(&resource.logical_id),
                stage: stages.first().map(|stage| stage.name().clone()),
            });
        }
        if let Some(known) = self.imported.domains.iter_mut().find(|domain| domain.name == name) {
            known.mappings.extend(mappings);
            return;
        }
        let mut text = |key: &str| self.reader.text_of(settings, key, Purpose::Expression);
        let (certificate_arn, security_policy) = (text("CertificateArn"), text("SecurityPolicy"));
        let kind = text("EndpointConfiguration").and_then(|word| EndpointType::parse(&word).ok());
        let mutual_tls = mutual_tls(&mut self.reader, settings);
        self.imported.domains.push(DomainName {
            name,
            endpoint_type: kind.unwrap_or(EndpointType::Regional),
            certificate_arn,
            security_policy,
            mutual_tls,
            routing_mode: RoutingMode::ApiMappingOnly,
            mappings,
            routing_rules: Vec::new(),
            tags: IndexMap::new(),
        });
    }
}
