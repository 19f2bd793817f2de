//! Every limit of a definition, in one place. Sources: API Gateway's quotas page
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>) and the API references;
//! where Gatelet lifts one, the line says so.

/// Longest identifier.
pub const ID_CHARACTERS_MAX: usize = 32;
/// Length of an API's id on AWS.
pub const API_ID_CHARACTERS: usize = 10;
/// Longest stage name.
pub const STAGE_NAME_CHARACTERS_MAX: usize = 128;
/// Longest stage variable name.
pub const STAGE_VARIABLE_NAME_CHARACTERS_MAX: usize = 64;
/// Longest stage variable value.
pub const STAGE_VARIABLE_VALUE_CHARACTERS_MAX: usize = 512;
/// Most stage variables on a stage.
pub const STAGE_VARIABLES_MAX: usize = 100;
/// Digits of an account id.
pub const ACCOUNT_DIGITS: usize = 12;
/// Longest region name (ours).
pub const REGION_CHARACTERS_MAX: usize = 32;
/// Longest custom domain name.
pub const DOMAIN_NAME_CHARACTERS_MAX: usize = 512;
/// Shortest integration timeout.
pub const TIMEOUT_MILLISECONDS_MIN: u32 = 50;
/// Longest integration timeout. AWS: 29,000 (REST, WebSocket) and 30,000 (HTTP); lifted to Lambda's own 15 minutes.
pub const TIMEOUT_MILLISECONDS_MAX: u32 = 900_000;
/// An integration's timeout on REST and WebSocket APIs where none is given.
pub const REST_TIMEOUT_MILLISECONDS_DEFAULT: u32 = 29_000;
/// An integration's timeout on HTTP APIs where none is given.
pub const HTTP_TIMEOUT_MILLISECONDS_DEFAULT: u32 = 30_000;
/// Longest authorizer result or cached response lifetime.
pub const TTL_SECONDS_MAX: u32 = 3_600;
/// How long an authorizer's result is kept on REST APIs where nothing is said.
pub const AUTHORIZER_TTL_SECONDS_DEFAULT: u32 = 300;
/// How long a response is cached where nothing is said.
pub const CACHE_TTL_SECONDS_DEFAULT: u32 = 300;
/// Largest `minimumCompressionSize`.
pub const MINIMUM_COMPRESSION_BYTES_MAX: u32 = 10_485_760;
/// Longest resource policy.
pub const POLICY_CHARACTERS_MAX: usize = 8_192;
/// Largest mapping template.
pub const TEMPLATE_BYTES_MAX: usize = 300 * 1024;
/// Most resources or routes of one API. AWS: 300, raisable; lifted.
pub const ROUTES_MAX: usize = 20_000;
/// Longest path of a resource or route, in bytes (ours): a URL has room for no more.
pub const PATH_BYTES_MAX: usize = 8_192;
/// Most segments of such a path (ours), so that all paths above it stay few.
pub const PATH_SEGMENTS_MAX: usize = 128;
/// Longest integration URI.
pub const URI_CHARACTERS_MAX: usize = 2_048;
/// Longest API name. AWS: 1,024 (REST), 128 (v2).
pub const API_NAME_CHARACTERS_MAX: usize = 1_024;
/// Longest base path of an API mapping.
pub const MAPPING_KEY_CHARACTERS_MAX: usize = 300;
/// Routing rules of one domain.
pub const ROUTING_RULES_MAX: usize = 50;
/// Largest priority of a routing rule.
pub const ROUTING_RULE_PRIORITY_MAX: u32 = 1_000_000;
/// Shortest and longest API key value.
pub const API_KEY_CHARACTERS: std::ops::RangeInclusive<usize> = 20..=128;
/// Method throttles of one stage in a usage plan.
pub const PLAN_METHOD_THROTTLES_MAX: usize = 20;
