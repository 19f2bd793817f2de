//! The service actions that HTTP APIs call without a backend in between (`integrationSubtype`)
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html>).

use crate::problem::Problem;

/// A parameter of a [`ServiceAction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceParameter {
    /// Its name in `requestParameters`.
    pub name: &'static str,
    /// Whether a definition must give it.
    pub is_required: bool,
}

/// The parameter that every action has: the region that it is called in, which is the API's own where nothing is said.
pub const REGION: &str = "Region";

macro_rules! service_actions {
    ($($variant:ident = $name:literal ($($required:literal),+; $($optional:literal),*)),+ $(,)?) => {
        /// A service action, by AWS's name for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ServiceAction {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl ServiceAction {
            /// All of them, in the reference's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// AWS's name for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its parameters, the required ones first.
            #[must_use]
            pub const fn parameters(self) -> &'static [ServiceParameter] {
                match self {
                    $(Self::$variant => &[
                        $(ServiceParameter { name: $required, is_required: true },)+
                        $(ServiceParameter { name: $optional, is_required: false },)*
                        ServiceParameter { name: REGION, is_required: false },
                    ],)+
                }
            }
        }
    };
}

service_actions!(
    EventBridgePutEvents = "EventBridge-PutEvents"
        ("Detail", "DetailType", "Source"; "Time", "EventBusName", "Resources", "TraceHeader"),
    SqsSendMessage = "SQS-SendMessage"
        ("QueueUrl", "MessageBody"; "DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId",
         "MessageSystemAttributes"),
    SqsReceiveMessage = "SQS-ReceiveMessage"
        ("QueueUrl"; "AttributeNames", "MaxNumberOfMessages", "MessageAttributeNames", "ReceiveRequestAttemptId",
         "VisibilityTimeout", "WaitTimeSeconds"),
    SqsDeleteMessage = "SQS-DeleteMessage" ("ReceiptHandle", "QueueUrl";),
    SqsPurgeQueue = "SQS-PurgeQueue" ("QueueUrl";),
    AppConfigGetConfiguration = "AppConfig-GetConfiguration"
        ("Application", "Environment", "Configuration", "ClientId"; "ClientConfigurationVersion"),
    KinesisPutRecord = "Kinesis-PutRecord"
        ("StreamName", "Data", "PartitionKey"; "SequenceNumberForOrdering", "ExplicitHashKey"),
    StepFunctionsStartExecution = "StepFunctions-StartExecution" ("StateMachineArn"; "Name", "Input"),
    StepFunctionsStartSyncExecution = "StepFunctions-StartSyncExecution"
        ("StateMachineArn"; "Name", "Input", "TraceHeader"),
    StepFunctionsStopExecution = "StepFunctions-StopExecution" ("ExecutionArn"; "Cause", "Error"),
);

impl ServiceAction {
    /// Reads AWS's name.
    ///
    /// # Errors
    /// A [`Problem`] that says which there are.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|action| action.as_str()).collect();
            Problem::error(format!("`integrationSubtype` cannot be `{text}`"))
                .help(format!("one of: {}", names.join(", ")))
        })
    }

    /// What is wrong with an integration's parameters and role, all of it.
    #[must_use]
    pub fn problems<'a>(
        self,
        parameters: impl Iterator<Item = &'a str> + Clone,
        has_role: bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for parameter in self.parameters().iter().filter(|parameter| parameter.is_required) {
            if !parameters.clone().any(|name| name == parameter.name) {
                let message = format!("`{}` needs the parameter `{}`", self.as_str(), parameter.name);
                problems.push(Problem::error(message).help(format!(
                    "add it to `requestParameters`: a text, or a value of the request such as `$request.body.{}`",
                    parameter.name
                )));
            }
        }
        for name in parameters {
            if !self.parameters().iter().any(|parameter| parameter.name == name) {
                let names: Vec<_> = self.parameters().iter().map(|parameter| parameter.name).collect();
                problems.push(
                    Problem::error(format!("`{}` has no parameter `{name}`", self.as_str()))
                        .help(format!("one of: {}", names.join(", "))),
                );
            }
        }
        if !has_role {
            problems.push(
                Problem::error(format!("`{}` needs `credentials`", self.as_str())).help(
                    "add the ARN of the role that may call the service and that the gateway may assume",
                ),
            );
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn parameters_are_checked_against_the_reference() {
        let action = ServiceAction::parse("SQS-SendMessage").unwrap();
        let problems = |names: &[&str], has_role| {
            let said = action.problems(names.iter().copied(), has_role);
            said.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert!(problems(&["QueueUrl", "MessageBody", "Region", "DelaySeconds"], true).is_empty());
        assert_eq!(
            problems(&["QueueUrl", "Body"], false),
            [
                "`SQS-SendMessage` needs the parameter `MessageBody`",
                "`SQS-SendMessage` has no parameter `Body`",
                "`SQS-SendMessage` needs `credentials`"
            ]
        );
        assert_eq!(ServiceAction::ALL.len(), 10);
        let unknown = ServiceAction::parse("SNS-Publish").unwrap_err();
        assert!(unknown.to_string().contains("SNS-Publish"));
    }
}
