//! `x-amazon-apigateway-authorizer`
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>).

use gatelet_model::{
    Authorizer, AuthorizerFunction, AuthorizerKind, JwtIssuer, PartId, PayloadFormat, RequiredClaim,
    ResultTtl,
};

use super::super::extensions;
use super::super::intrinsics::Purpose;
use super::super::reader::Reader;
use super::ApiKind;
use crate::document::{Entry, Mapping, Node};

const MEMBERS: &[&str] = &[
    "authorizerCredentials",
    "authorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds",
    "authorizerUri",
    "enableSimpleResponses",
    "identitySource",
    "identityValidationExpression",
    "jwtConfiguration",
    "providerARNs",
    "type",
];

/// The names in a `jwtConfiguration`. ASSUMPTION: AWS tells what JWT authorizers of REST APIs can say, and its words for it are not
/// known here; HTTP APIs have `issuer` and `audience` alone
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-create.html>).
const JWT_MEMBERS: &[&str] = &[
    "algorithms",
    "allowedAlgorithms",
    "audience",
    "audiences",
    "claims",
    "issuer",
    "issuers",
    "requiredClaims",
];

/// The names in one of several issuers.
const ISSUER_MEMBERS: &[&str] =
    &["algorithms", "allowedAlgorithms", "audience", "audiences", "claims", "issuer", "requiredClaims"];

/// The discovery document's path; before it stands the issuer.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The security scheme around an authorizer.
struct Scheme<'d> {
    entry: &'d Entry,
    mapping: &'d Mapping,
    kind: ApiKind,
}

/// The authorizer of a security scheme, if it has one.
pub(super) fn authorizer<'d>(
    reader: &mut Reader<'d>,
    entry: &'d Entry,
    scheme: &'d Mapping,
    kind: ApiKind,
    id: PartId,
) -> Option<Authorizer> {
    let node = &reader.extension(scheme, extensions::AUTHORIZER)?.value;
    let mapping = reader.mapping(node, extensions::AUTHORIZER)?;
    reader.check_members(mapping, extensions::AUTHORIZER, MEMBERS);
    let Some(type_node) = mapping.get("type") else {
        reader.error(
            node.span,
            "the authorizer has no `type`",
            "add `type`: token, request, cognito_user_pools or jwt",
        );
        return None;
    };
    let word = reader.text(type_node, "type", Purpose::Text)?.to_ascii_lowercase();
    let scheme = Scheme { entry, mapping: scheme, kind };
    let decides = match (word.as_str(), kind) {
        ("token", ApiKind::Rest) => token(reader, &scheme, node, mapping),
        ("request", _) => request(reader, &scheme, node, mapping),
        ("cognito_user_pools", ApiKind::Rest) => cognito(reader, &scheme, node, mapping),
        ("jwt", _) => jwt(reader, &scheme, node, mapping),
        ("token" | "cognito_user_pools", ApiKind::Http) => {
            let message = format!("HTTP APIs have no `{word}` authorizers");
            reader.error(
                type_node.span,
                message,
                "use `jwt` or `request`, or make it a REST API with `--rest`",
            );
            None
        }
        _ => {
            let message = format!("`{word}` is not a type of authorizer");
            reader.error(type_node.span, message, "one of: token, request, cognito_user_pools, jwt");
            None
        }
    }?;
    let auth_type = reader
        .extension(scheme.mapping, extensions::AUTHTYPE)
        .and_then(|entry| reader.text(&entry.value, extensions::AUTHTYPE, Purpose::Text));
    Some(Authorizer { id, name: entry.key.to_string(), auth_type, kind: decides })
}

fn token<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> Option<AuthorizerKind> {
    Some(AuthorizerKind::Token {
        function: function(reader, scheme, node, mapping)?,
        identity_source: header_source(reader, scheme, mapping)?,
        identity_validation_expression: validation_expression(reader, mapping),
    })
}

fn request<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> Option<AuthorizerKind> {
    let function = function(reader, scheme, node, mapping)?;
    let mut identity_sources = identity_sources(reader, mapping);
    if identity_sources.is_empty() {
        identity_sources.extend(scheme_source(scheme));
    }
    if scheme.kind == ApiKind::Http {
        for source in &mut identity_sources {
            if let Some(rest) = source.strip_prefix("method.request.") {
                *source = format!("$request.{rest}");
            }
        }
    }
    Some(AuthorizerKind::Request { function, identity_sources })
}

fn cognito<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> Option<AuthorizerKind> {
    let provider_arns = reader.texts_of(mapping, "providerARNs", Purpose::UserPool);
    if provider_arns.is_empty() {
        reader.error(
            node.span,
            "the authorizer names no user pool",
            "list the pools' ARNs under `providerARNs`",
        );
        return None;
    }
    Some(AuthorizerKind::CognitoUserPools {
        provider_arns,
        identity_source: header_source(reader, scheme, mapping)?,
        identity_validation_expression: validation_expression(reader, mapping),
    })
}

/// What the header of a `token` authorizer must match, and the `aud` of user pools' tokens.
fn validation_expression<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping) -> Option<String> {
    reader
        .text_of(mapping, "identityValidationExpression", Purpose::Expression)
        .filter(|pattern| !pattern.is_empty())
}

fn jwt<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> Option<AuthorizerKind> {
    const HELP: &str = "write `jwtConfiguration: {issuer: https://..., audience: [...]}`";
    let Some(configuration) = mapping.get("jwtConfiguration") else {
        reader.error(node.span, "the `jwt` authorizer has no `jwtConfiguration`", HELP);
        return None;
    };
    let configuration = reader.mapping(configuration, "jwtConfiguration")?;
    reader.check_members(configuration, "jwtConfiguration", JWT_MEMBERS);
    let mut issuers = Vec::new();
    if let Some(several) =
        configuration.get("issuers").and_then(|issuers| reader.sequence(issuers, "issuers"))
    {
        for one in several {
            let Some(one) = reader.mapping(one, "an issuer") else { continue };
            reader.check_members(one, "an issuer", ISSUER_MEMBERS);
            issuers.extend(issuer(reader, one, configuration, None));
        }
    }
    let discovered = reader
        .text_of(scheme.mapping, "openIdConnectUrl", Purpose::Url)
        .map(|url| url.strip_suffix(DISCOVERY).unwrap_or(&url).to_owned())
        .filter(|_| issuers.is_empty());
    issuers.extend(issuer(reader, configuration, configuration, discovered));
    if issuers.is_empty() {
        reader.error(node.span, "the `jwt` authorizer has no issuer", HELP);
        return None;
    }
    if let Some(open) = issuers.iter().find(|issuer| issuer.audiences.is_empty()) {
        let message = format!("no audience is accepted of `{}`, so no token of it is", open.issuer);
        reader.warn(node.span, message, "list what its tokens have as `aud` or `client_id` under `audience`");
    }
    let mut identity_sources = identity_sources(reader, mapping);
    if identity_sources.is_empty() {
        identity_sources.push("$request.header.Authorization".to_owned());
    }
    Some(AuthorizerKind::Jwt { identity_sources, issuers })
}

/// One issuer; what it does not say of itself is said for all.
fn issuer<'d>(
    reader: &mut Reader<'d>,
    mapping: &'d Mapping,
    all: &'d Mapping,
    discovered: Option<String>,
) -> Option<JwtIssuer> {
    let issuer = reader.text_of(mapping, "issuer", Purpose::Url).or(discovered)?;
    let own =
        |names: [&str; 2]| names.into_iter().find_map(|name| mapping.entry(name).or_else(|| all.entry(name)));
    Some(JwtIssuer {
        issuer,
        audiences: texts(reader, own(["audience", "audiences"])),
        algorithms: algorithms(reader, own(["algorithms", "allowedAlgorithms"])),
        required_claims: required_claims(reader, own(["requiredClaims", "claims"])),
    })
}

/// A text, or a list of texts.
fn texts<'d>(reader: &mut Reader<'d>, entry: Option<&'d Entry>) -> Vec<String> {
    let Some(entry) = entry else { return Vec::new() };
    match entry.value.as_str() {
        Some(_) => reader.text(&entry.value, &entry.key, Purpose::Text).into_iter().collect(),
        None => reader.texts(&entry.value, &entry.key, Purpose::Text),
    }
}

/// A list of algorithms, every one of which must be known: with none left, any would do.
fn algorithms<'d>(reader: &mut Reader<'d>, entry: Option<&'d Entry>) -> Vec<String> {
    let names = texts(reader, entry);
    if let (Some(entry), Some(name)) =
        (entry, names.iter().find(|name| !JwtIssuer::ALGORITHMS.contains(&name.as_str())))
    {
        let message = format!("`{name}` is no algorithm that tokens can be verified with");
        reader.error(entry.value.span, message, format!("one of: {}", JwtIssuer::ALGORITHMS.join(", ")));
    }
    names
}

/// A list of names, or a mapping of each name to the values of which a token must have one.
fn required_claims<'d>(reader: &mut Reader<'d>, entry: Option<&'d Entry>) -> Vec<RequiredClaim> {
    match entry.and_then(|entry| entry.value.as_mapping()) {
        Some(claims) => {
            let claims = claims.iter().map(|claim| (claim.key.to_string(), texts(reader, Some(claim))));
            claims.map(|(name, values)| RequiredClaim { name, values }).collect()
        }
        None => {
            let names = texts(reader, entry).into_iter();
            names.map(|name| RequiredClaim { name, values: Vec::new() }).collect()
        }
    }
}

fn function<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> Option<AuthorizerFunction> {
    let uri = reader.text_of(mapping, "authorizerUri", Purpose::Function).unwrap_or_default();
    if uri.is_empty() {
        reader.error(
            node.span,
            "the authorizer names no function",
            "add `authorizerUri`: the function's invocation ARN",
        );
        return None;
    }
    let default = match scheme.kind {
        ApiKind::Rest => ResultTtl::REST_DEFAULT,
        ApiKind::Http => ResultTtl::NONE,
    };
    let result_ttl = mapping
        .get("authorizerResultTtlInSeconds")
        .and_then(|node| Some((node, reader.number(node, "authorizerResultTtlInSeconds")?)))
        .and_then(|(node, seconds)| reader.keep(node.span, ResultTtl::from_seconds(seconds)))
        .unwrap_or(default);
    let payload_format = payload_format(reader, scheme, node, mapping);
    let simple = mapping.entry("enableSimpleResponses");
    let simple_responses = reader.boolean_of(mapping, "enableSimpleResponses").unwrap_or_default();
    if let Some(entry) = simple
        && simple_responses
        && payload_format == PayloadFormat::One
    {
        let help = "add `authorizerPayloadFormatVersion: \"2.0\"`, or remove `enableSimpleResponses`";
        reader.error(entry.key_span, "only payload format 2.0 has simple responses", help);
    }
    Some(AuthorizerFunction {
        uri,
        credentials: reader
            .text_of(mapping, "authorizerCredentials", Purpose::Role)
            .filter(|role| !role.is_empty()),
        result_ttl,
        payload_format,
        simple_responses,
    })
}

/// Always 1.0 on REST APIs; on HTTP APIs AWS wants it said.
fn payload_format<'d>(
    reader: &mut Reader<'d>,
    scheme: &Scheme<'d>,
    node: &'d Node,
    mapping: &'d Mapping,
) -> PayloadFormat {
    const KEY: &str = "authorizerPayloadFormatVersion";
    let Some(version) = mapping.get(KEY).filter(|_| scheme.kind == ApiKind::Http) else {
        if scheme.kind == ApiKind::Http {
            let help = "add `authorizerPayloadFormatVersion: \"2.0\"`, or \"1.0\"";
            reader.warn(node.span, "the authorizer's event format is not given and taken to be 1.0", help);
        }
        return PayloadFormat::One;
    };
    match reader.text(version, KEY, Purpose::Text).as_deref() {
        Some("1.0" | "1") => PayloadFormat::One,
        Some("2.0" | "2") => PayloadFormat::Two,
        other => {
            if let Some(other) = other {
                reader.error(
                    version.span,
                    format!("`{KEY}` cannot be `{other}`"),
                    "one of: \"1.0\", \"2.0\"",
                );
            }
            PayloadFormat::One
        }
    }
}

/// A comma-separated list, or a list.
fn identity_sources<'d>(reader: &mut Reader<'d>, mapping: &'d Mapping) -> Vec<String> {
    let Some(node) = mapping.get("identitySource") else { return Vec::new() };
    let texts = match node.as_sequence() {
        Some(_) => reader.texts(node, "identitySource", Purpose::Expression),
        None => reader.text(node, "identitySource", Purpose::Expression).into_iter().collect(),
    };
    let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    parts.filter(|source| !source.is_empty()).map(str::to_owned).collect()
}

/// Where the scheme itself says that the credential is; `Unused` is AWS's word for nowhere.
fn scheme_source(scheme: &Scheme<'_>) -> Option<String> {
    let name = scheme.mapping.get("name")?.as_str().filter(|name| *name != "Unused")?;
    match scheme.mapping.get("in")?.as_str()? {
        "header" => Some(format!("method.request.header.{name}")),
        "query" => Some(format!("method.request.querystring.{name}")),
        _ => None,
    }
}

/// The one header with the token: AWS takes the scheme's own name where `identitySource` does not say another.
fn header_source<'d>(reader: &mut Reader<'d>, scheme: &Scheme<'d>, mapping: &'d Mapping) -> Option<String> {
    let source = identity_sources(reader, mapping).into_iter().next().or_else(|| scheme_source(scheme));
    if source.is_none() {
        reader.error(
            scheme.entry.key_span,
            format!("the security scheme `{}` does not say where the token is", scheme.entry.key),
            "add `in: header` and `name: Authorization`",
        );
    }
    source
}
