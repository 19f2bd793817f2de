//! VPC links that lead nowhere on this machine.

use std::collections::BTreeMap;

use gatelet_aws::backends::VpcLinks;
use gatelet_control::document::{Source, Span};
use gatelet_model::{Api, Connection, Place, Problem, Problems};

use super::Definition;

/// How the id of a link begins that a stage variable holds, which only its stage knows.
const VARIABLE: &str = "${";

/// The member of an integration that names its link, without its first letter: templates and OpenAPI differ in that.
const CONNECTION_ID: &str = "onnectionId";

/// A warning for each VPC link of a definition of which it is not known where it leads, at the place in `source` that names it first.
/// `settings` is the file to say it in.
pub fn unled_links(
    definition: &Definition,
    links: &VpcLinks,
    source: Option<&Source>,
    settings: &str,
) -> Problems {
    let mut unled: BTreeMap<&str, bool> = BTreeMap::new();
    for defined in &definition.apis {
        for (id, target, is_named) in used(&defined.api) {
            if !id.contains(VARIABLE) && !links.knows(id, target) {
                *unled.entry(id).or_insert(true) &= is_named;
            }
        }
    }
    let placed = |(id, is_named)| {
        let problem = problem(id, is_named, settings);
        match source.and_then(|source| place(id, source)) {
            Some(place) => problem.at(place),
            None => problem,
        }
    };
    unled.into_iter().map(placed).collect()
}

/// Where a definition names a link as its id. One that it refers to by a template's function has no such place.
fn place(id: &str, source: &Source) -> Option<Place> {
    let text = source.text();
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    text.match_indices(id).find_map(|(start, _)| {
        let (before, rest) = text.split_at_checked(start)?;
        let after = rest.get(id.len()..)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let is_whole = !before.ends_with(is_part) && !after.starts_with(is_part);
        (is_whole && line.contains(CONNECTION_ID)).then(|| source.place(Span::new(start, start + id.len())))
    })
}

fn problem(id: &str, is_named: bool, settings: &str) -> Problem {
    let instead = match is_named {
        true => "calls go to the hosts in the URIs",
        false => "calls answer 500",
    };
    Problem::warning(format!("it is not known where the VPC link `{id}` leads: {instead}")).help(format!(
        "give its address under `[vpc_links]` in {settings}, such as `{id} = \"127.0.0.1:3000\"`, or with `--vpc-link`"
    ))
}

/// The links that an API uses: the id, what stands at its end, and whether the URI names a host all the same.
fn used(api: &Api) -> Vec<(&str, Option<&str>, bool)> {
    fn link(connection: &Connection) -> Option<(&str, Option<&str>)> {
        match connection {
            Connection::VpcLink { id, target } => Some((id, target.as_deref())),
            Connection::Internet => None,
        }
    }
    match api {
        Api::Rest(api) => {
            let methods = api.resources.iter().flat_map(|resource| resource.methods.values());
            let integrations = methods.filter_map(|method| method.integration.as_ref());
            let links = integrations.filter_map(|integration| link(&integration.connection));
            links.map(|(id, target)| (id, target, true)).collect()
        }
        Api::Http(api) => api
            .integrations
            .iter()
            .filter_map(|integration| {
                let (id, _) = link(&integration.connection)?;
                Some((id, integration.uri.as_deref(), false))
            })
            .collect(),
        Api::WebSocket(_) => Vec::new(),
    }
}
