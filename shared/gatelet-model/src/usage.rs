//! API keys and usage plans.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::{Problem, Problems};
use crate::rest::MethodSettingsTarget;
use crate::text::{ApiId, PartId, StageName, aws_words};
use crate::throttle::Throttle;

/// The secret value of an API key; it shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyValue(Box<str>);

impl ApiKeyValue {
    /// Checks length and characters: 20 to 128 letters and digits
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>).
    ///
    /// # Errors
    /// A [`Problem`] that does not repeat the value.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        if limits::API_KEY_CHARACTERS.contains(&text.len()) && graphic {
            Ok(Self(text.into()))
        } else {
            Err(Problem::error("the API key's value cannot be used").help("20 to 128 letters and digits"))
        }
    }

    /// The value itself; for hashing and for the key's owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyValue(..)")
    }
}

/// An API key, without its value
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: PartId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The AWS Marketplace customer.
    pub customer_id: Option<String>,
    /// Whether it opens anything.
    pub enabled: bool,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
}

aws_words!(
    /// How often a quota begins anew, in UTC.
    QuotaPeriod {
        /// Each midnight.
        Day = "DAY",
        /// Each week.
        Week = "WEEK",
        /// Each first of the month.
        Month = "MONTH",
    }
);

/// How many requests a key has in a period
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Requests in a period.
    pub limit: u32,
    /// Requests taken off the limit of the first period.
    pub offset: u32,
    /// The period.
    pub period: QuotaPeriod,
}

/// A stage that a plan opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanStage {
    /// The API.
    pub api_id: ApiId,
    /// Its stage.
    pub stage: StageName,
    /// Limits by method.
    pub method_throttles: IndexMap<MethodSettingsTarget, Throttle>,
}

/// A usage plan: which stages its keys open, and how often
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsagePlan {
    /// Its id.
    pub id: PartId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The stages.
    pub stages: Vec<PlanStage>,
    /// The limit of each key over all stages.
    pub throttle: Option<Throttle>,
    /// The number of requests of each key over all stages.
    pub quota: Option<Quota>,
    /// The AWS Marketplace product.
    pub product_code: Option<String>,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
}

/// The tag with which a plan says what holds while its quotas cannot be counted.
const QUOTA_TAG: &str = "gatelet:quota";
/// The value of that tag with which nobody passes.
const STRICT: &str = "strict";

impl UsagePlan {
    /// Whether nobody passes while the quota cannot be counted (the tag `gatelet:quota` is `strict`); else everybody does.
    #[must_use]
    pub fn has_strict_quota(&self) -> bool {
        self.tags.get(QUOTA_TAG).is_some_and(|value| value == STRICT)
    }

    /// Everything that is wrong with the plan itself.
    #[must_use]
    pub fn problems(&self) -> Problems {
        let mut problems = Problems::new();
        if self.quota.is_some_and(|quota| quota.offset > quota.limit) {
            let problem = Problem::error("the quota's offset is larger than its limit");
            problems.push(problem.help("make it as large at most: it is taken off the first period's limit"));
        }
        for (position, stage) in self.stages.iter().enumerate() {
            let about = format!("{}/{}", stage.api_id, stage.stage);
            let earlier = self.stages.iter().take(position);
            if earlier.into_iter().any(|other| other.api_id == stage.api_id && other.stage == stage.stage) {
                let problem = Problem::error(format!("the plan names the stage `{}` twice", stage.stage));
                problems.push(problem.about(&about).help("name it once"));
            }
            if stage.method_throttles.len() > limits::PLAN_METHOD_THROTTLES_MAX {
                let most = limits::PLAN_METHOD_THROTTLES_MAX;
                let message =
                    format!("more than {most} methods of `{}` have limits of their own", stage.stage);
                problems.push(Problem::error(message).about(&about).help("let `*/*` limit the others"));
            }
        }
        problems
    }
}
