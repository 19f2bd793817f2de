//! OpenAPI's shapes, read into the vocabulary: 2.0, 3.0 and 3.1 alike.
//!
//! `versions` tells which OpenAPI and which kind of API a document is; `rest` and `http` build the two kinds; the
//! other files read the parts that both have.

mod authorizers;
mod http;
mod integration;
mod parameters;
mod paths;
mod rest;
mod schemas;
mod security;
pub(super) mod services;
mod settings;
mod versions;

use gatelet_model::{Api, Problems, StageName};

use super::reader::Reader;
use super::{ApiKind, ImportOptions, Imported, extensions};
use crate::document::{Mapping, Node, Source, Span};
use crate::import::intrinsics::Purpose;
use versions::Version;

pub(super) fn import(source: &Source, root: &Node, options: &ImportOptions) -> Imported {
    let mut reader = Reader::new(source, root, options);
    let Some((document, version)) = root
        .as_mapping()
        .and_then(|root| versions::version(&mut reader, root).map(|version| (root, version)))
    else {
        return Imported::failed(reader.finish_early());
    };
    let decision = versions::decide(&mut reader, document, version);
    let document = Document { mapping: document, version };
    document.check(&mut reader);
    let info = info(&mut reader, document);
    reader.extension(document.mapping, extensions::IMPORTEXPORT_VERSION);
    let api = match decision.kind {
        ApiKind::Rest => rest::import(&mut reader, document, info).map(Api::Rest),
        ApiKind::Http => http::import(&mut reader, document, info).map(Api::Http),
    };
    let base_path = settings::base_path(&mut reader, document);
    let has_errors = reader.has_errors();
    Imported {
        api: api.filter(|_| !has_errors),
        stage: match decision.kind {
            ApiKind::Http => StageName::parse(StageName::DEFAULT).ok(),
            ApiKind::Rest => None,
        },
        base_path,
        decided: decision.text,
        problems: reader.finish(),
    }
}

/// The document as a whole.
#[derive(Debug, Clone, Copy)]
struct Document<'d> {
    mapping: &'d Mapping,
    version: Version,
}

impl<'d> Document<'d> {
    /// Warns of what has no meaning at the top; a part under a misspelt name would be silently missing.
    fn check(self, reader: &mut Reader<'d>) {
        const SHARED: [&str; 5] = ["info", "paths", "security", "tags", "externalDocs"];
        const V2: [&str; 10] = [
            "swagger",
            "host",
            "basePath",
            "schemes",
            "consumes",
            "produces",
            "definitions",
            "parameters",
            "responses",
            "securityDefinitions",
        ];
        const V3: [&str; 5] = ["openapi", "servers", "components", "jsonSchemaDialect", "webhooks"];
        let own = if self.version == Version::V2 { V2.as_slice() } else { V3.as_slice() };
        let known: Vec<&str> = SHARED.iter().chain(own).copied().collect();
        reader.check_members(self.mapping, "a definition of this version", &known);
        if let Some(components) = self.mapping.get("components").filter(|_| self.version != Version::V2) {
            reader.mapping(components, "components");
        }
        if let Some(entry) = self.mapping.entry("webhooks") {
            let help = "API Gateway has no webhooks; the backend sends them itself";
            reader.warn(entry.key_span, "`webhooks` are not imported", help);
        }
    }

    /// A part of `components`; in 2.0 it stands at the top under a name of its own.
    fn component(self, swagger: &str, openapi: &str) -> Option<&'d Node> {
        match self.version {
            Version::V2 => self.mapping.get(swagger),
            Version::V30 | Version::V31 => self.mapping.get("components")?.get(openapi),
        }
    }
}

/// Stands where a title is missing, so that the model does not complain a second time.
const UNNAMED: &str = "unnamed";

/// What `info` says.
#[derive(Debug)]
struct Info {
    title: String,
    description: Option<String>,
    version: Option<String>,
    /// Where the title stands, or where it is missing.
    span: Span,
}

impl Info {
    fn unnamed(span: Span) -> Self {
        Self { title: UNNAMED.to_owned(), description: None, version: None, span }
    }
}

fn info<'d>(reader: &mut Reader<'d>, document: Document<'d>) -> Info {
    const HELP: &str = "give the API a name: `info: {title: Pets, version: \"1.0\"}`";
    let Some(entry) = document.mapping.entry("info") else {
        let span = document.mapping.iter().next().map_or(reader.root.span, |first| first.key_span);
        reader.error(span, "`info` is missing", HELP);
        return Info::unnamed(span);
    };
    let Some(info) = reader.mapping(&entry.value, "info") else { return Info::unnamed(entry.key_span) };
    let mut title = reader.text_of(info, "title", Purpose::Text).unwrap_or_default();
    if title.trim().is_empty() {
        reader.error(entry.key_span, "`info.title` is missing", HELP);
        title = UNNAMED.to_owned();
    }
    Info {
        title,
        description: reader.text_of(info, "description", Purpose::Text),
        version: reader.text_of(info, "version", Purpose::Text),
        span: info.get("title").map_or(entry.key_span, |title| title.span),
    }
}

/// Gives the problems of the finished model their places: each says in `about` which part it is about.
fn report_model_problems(
    reader: &mut Reader<'_>,
    problems: Problems,
    fallback: Span,
    place_of: impl Fn(&str) -> Option<Span>,
) {
    for problem in problems {
        let span = if reader.is_full() { None } else { place_of(&problem.about) }.unwrap_or(fallback);
        reader.report(span, problem);
    }
}
