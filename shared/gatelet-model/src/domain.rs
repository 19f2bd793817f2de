//! Custom domains and what stands under them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::{Problem, Problems};
use crate::rest::EndpointType;
use crate::text::{ApiId, Domain, PartId, StageName, aws_words};

aws_words!(
    /// Whether routing rules or mappings decide
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-mode.html>).
    RoutingMode {
        /// Mappings alone.
        ApiMappingOnly = "API_MAPPING_ONLY",
        /// Rules alone.
        RoutingRuleOnly = "ROUTING_RULE_ONLY",
        /// Rules first, then mappings.
        RoutingRuleThenApiMapping = "ROUTING_RULE_THEN_API_MAPPING",
    }
);

/// Which client certificates a domain takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutualTls {
    /// Where the trusted certificates are: `s3://bucket/key` or a file.
    pub truststore_uri: String,
    /// Which version of that object.
    pub truststore_version: Option<String>,
}

/// The path below a domain under which an API stands; empty is the domain's root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MappingKey(Box<str>);

impl MappingKey {
    /// Checks length and characters; `(none)` and the empty text are the root
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html>).
    ///
    /// # Errors
    /// A [`Problem`] that says what AWS takes.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = if text == "(none)" { "" } else { text.trim_matches('/') };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "$-_.+!*'()/".contains(c);
        if text.len() <= limits::MAPPING_KEY_CHARACTERS_MAX
            && text.chars().all(allowed)
            && !text.contains("//")
        {
            Ok(Self(text.into()))
        } else {
            Err(Problem::error("the mapping's path cannot be used")
                .help("at most 300 letters, digits and `$-_.+!*'()/`"))
        }
    }

    /// The path without slashes at its ends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MappingKey {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<MappingKey> for String {
    fn from(key: MappingKey) -> Self {
        key.0.into()
    }
}

/// An API's stage under a path of a domain; the longest path that fits wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiMapping {
    /// Its id.
    pub id: PartId,
    /// The path.
    pub key: MappingKey,
    /// The API.
    pub api_id: ApiId,
    /// Its stage; none on REST domains whose URLs name the stage themselves.
    pub stage: Option<StageName>,
}

/// What a header must be like: the name in any case, the value as a glob in its own case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderMatch {
    /// The header's name.
    pub header: String,
    /// A glob with `*`.
    pub value_glob: String,
}

/// A rule that sends requests to a REST API's stage
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRule {
    /// Its id.
    pub id: PartId,
    /// 1 to 1,000,000; the lowest that fits decides.
    pub priority: u32,
    /// Groups of headers: one of each group must fit.
    pub match_headers: Vec<Vec<HeaderMatch>>,
    /// Base paths of which one must fit; none where empty.
    pub match_base_paths: Vec<MappingKey>,
    /// The API.
    pub api_id: ApiId,
    /// Its stage.
    pub stage: StageName,
    /// Whether the base path is taken off.
    pub strip_base_path: bool,
}

/// A custom domain
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainName {
    /// The name.
    pub name: Domain,
    /// How clients reach it.
    pub endpoint_type: EndpointType,
    /// The certificate that it shows.
    pub certificate_arn: Option<String>,
    /// The oldest protocol that it speaks, in AWS's word.
    pub security_policy: Option<String>,
    /// Which client certificates it takes.
    pub mutual_tls: Option<MutualTls>,
    /// What decides.
    pub routing_mode: RoutingMode,
    /// The APIs below it.
    pub mappings: Vec<ApiMapping>,
    /// Its rules.
    pub routing_rules: Vec<RoutingRule>,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
}

impl DomainName {
    /// Everything that is wrong with the domain itself.
    #[must_use]
    pub fn problems(&self) -> Problems {
        let mut problems = Problems::new();
        let about = self.name.as_str();
        for (position, mapping) in self.mappings.iter().enumerate() {
            if self.mappings.iter().take(position).any(|other| other.key == mapping.key) {
                problems.push(
                    Problem::error(format!("two mappings have the path `/{}`", mapping.key.as_str()))
                        .about(about),
                );
            }
        }
        if self.routing_rules.len() > limits::ROUTING_RULES_MAX {
            problems.push(Problem::error("more than 50 routing rules").about(about));
        }
        for (position, rule) in self.routing_rules.iter().enumerate() {
            if !(1..=limits::ROUTING_RULE_PRIORITY_MAX).contains(&rule.priority) {
                problems.push(Problem::error("a routing rule's priority is not 1 to 1,000,000").about(about));
            }
            if self.routing_rules.iter().take(position).any(|other| other.priority == rule.priority) {
                problems.push(
                    Problem::error(format!("two routing rules have priority {}", rule.priority)).about(about),
                );
            }
        }
        problems
    }
}
