//! `gatelet domain`.

use clap::Args;
use gatelet_control::deploy::DefinitionStore;
use gatelet_control::identity;
use gatelet_model::rest::EndpointType;
use gatelet_model::{ApiId, ApiMapping, Domain, DomainName, MappingKey, Problem, RoutingMode, StageName};

use crate::command::table::{Table, TableArguments, progress};
use crate::command::{Failure, parsed};

#[derive(Debug, Args)]
#[command(after_help = "\
gatelet domain api.example.com --table T --map abc123:prod                    the API at the domain's root
gatelet domain api.example.com --table T --map pets=abc123:prod --map cats=def456
gatelet domain api.example.com --table T                                      what it maps now

An API that is named without a stage answers to every one of its own, as the first part of the path; its stage `$default`
needs none. The router must answer to the host too, and its name lead there.")]
pub(in crate::command) struct Arguments {
    /// The custom domain
    #[arg(value_name = "NAME", value_parser = parsed(|text: &str| Domain::parse(&text.to_ascii_lowercase())))]
    name: Domain,

    #[command(flatten)]
    table: TableArguments,

    /// What answers below it, instead of all that did before; may be given several times
    #[arg(long = "map", value_name = "[BASEPATH=]API[:STAGE]", value_parser = parsed(Mapped::parse))]
    mappings: Vec<Mapped>,

    /// Forget the domain
    #[arg(long, conflicts_with = "mappings")]
    remove: bool,
}

/// An API below a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapped {
    key: MappingKey,
    api_id: ApiId,
    stage: Option<StageName>,
}

impl Mapped {
    fn parse(text: &str) -> Result<Self, Problem> {
        let (key, target) = text.split_once('=').unwrap_or(("", text));
        let (api_id, stage) = match target.split_once(':') {
            Some((api_id, stage)) => (api_id, Some(StageName::parse(stage)?)),
            None => (target, None),
        };
        Ok(Self { key: MappingKey::parse(key)?, api_id: ApiId::parse(api_id)?, stage })
    }
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let name = arguments.name.as_str();
    let table = arguments.table.open().await?;
    if arguments.remove {
        let removed = table.definitions.remove_domain(name, table.deadline()).await;
        return match removed.map_err(|error| Failure::of_command(&error))? {
            true => Ok(format!("{name}  is mapped no more\n")),
            false => Err(unmapped(name, &table)),
        };
    }
    let before = table.definitions.read_domain(name, table.deadline()).await;
    let before = before.map_err(|error| Failure::of_command(&error))?;
    if arguments.mappings.is_empty() {
        return before.map(|domain| as_text(&domain)).ok_or_else(|| unmapped(name, &table));
    }
    progress("looking at the APIs");
    for mapped in &arguments.mappings {
        is_there(&table, mapped).await?;
    }
    let mappings = arguments.mappings.iter().map(|mapped| mapping(name, mapped)).collect();
    let domain = match before {
        Some(before) => DomainName { mappings, ..before },
        None => new(arguments.name.clone(), mappings),
    };
    if let Some(problem) = domain.problems().iter().next() {
        return Err(Failure::of_command(&format!("{problem}; name each path once")));
    }
    table
        .definitions
        .put_domain(&domain, table.deadline())
        .await
        .map_err(|error| Failure::of_command(&error))?;
    Ok(as_text(&domain))
}

/// Refuses what nobody would find: an API or a stage that is not deployed.
async fn is_there(table: &Table, mapped: &Mapped) -> Result<(), Failure> {
    let definitions = table.of_api(&mapped.api_id).await?;
    let Some(stage) = &mapped.stage else { return Ok(()) };
    let pointer = definitions.stage_pointer(&mapped.api_id, stage, table.deadline()).await;
    match pointer.map_err(|error| Failure::of_command(&error))? {
        Some(_) => Ok(()),
        None => Err(Failure::of_command(&format!(
            "the API `{}` has no stage `{stage}`; `gatelet deployments` lists those that it has",
            mapped.api_id
        ))),
    }
}

fn unmapped(name: &str, table: &Table) -> Failure {
    Failure::of_command(&format!("the domain `{name}` is not mapped in {}; `--map` maps it", table.shown))
}

fn new(name: Domain, mappings: Vec<ApiMapping>) -> DomainName {
    DomainName {
        name,
        endpoint_type: EndpointType::Regional,
        certificate_arn: None,
        security_policy: None,
        mutual_tls: None,
        routing_mode: RoutingMode::ApiMappingOnly,
        mappings,
        routing_rules: Vec::new(),
        tags: Default::default(),
    }
}

fn mapping(name: &str, mapped: &Mapped) -> ApiMapping {
    ApiMapping {
        id: identity::part_id(name, mapped.key.as_str()),
        key: mapped.key.clone(),
        api_id: mapped.api_id.clone(),
        stage: mapped.stage.clone(),
    }
}

fn as_text(domain: &DomainName) -> String {
    let line = |mapping: &ApiMapping| format!("{}  {}\n", domain.name.as_str(), mapping_text(mapping));
    domain.mappings.iter().map(line).collect()
}

/// A path and what answers there: `/pets → abc123:prod`.
pub(in crate::command) fn mapping_text(mapping: &ApiMapping) -> String {
    let stage = mapping.stage.as_ref().map(|stage| format!(":{stage}")).unwrap_or_default();
    format!("/{} → {}{stage}", mapping.key.as_str(), mapping.api_id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn mappings_are_read_as_they_are_written() {
        for (text, written) in [
            ("abc", "/ → abc"),
            ("abc:prod", "/ → abc:prod"),
            ("abc:$default", "/ → abc:$default"),
            ("pets=abc:prod", "/pets → abc:prod"),
            ("/pets/v1/=abc", "/pets/v1 → abc"),
            ("=abc", "/ → abc"),
        ] {
            let mapped = Mapped::parse(text).unwrap();
            assert_eq!(mapping_text(&mapping("api.example.com", &mapped)), written);
        }
        for text in ["", ":prod", "pets=", "pets", "abc:", "abc:a b", "a b=abc", "A"] {
            let is_id = text == "pets";
            assert_eq!(Mapped::parse(text).is_ok(), is_id, "{text}");
        }
    }
}
