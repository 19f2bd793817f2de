//! `gatelet access-keys`.

mod change;
mod create;
mod encrypt;
mod place;
mod policies;
mod show;

use clap::{Args, Subcommand};
use gatelet_control::access_keys::{AccessKeyId, PrincipalArn};

use super::{Failure, parsed};
use place::PlaceArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
gatelet access-keys create --user ci --policy invoke.json --expires 30d      a key for `gatelet dev` in this directory
gatelet access-keys create --table T --policy invoke.json                    a key for a router in AWS
gatelet access-keys attach arn:aws:iam::111122223333:role/ci --table T --policy invoke.json

Routes with IAM authorization take requests that are signed with such a key for the service `execute-api`. A gateway
that runs notices a change within half a minute.

In a table, secrets are encrypted with the key in GATELET_CREDENTIALS_KEY, which the router has too; only `create` and
`encrypt` need it. To replace the key, let the router have both (the new one first), set both here, and run `encrypt`. A
state directory has its own key.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Issue an access key; its secret is shown this once
    Create(create::Arguments),
    /// List access keys, and principals with policies
    List,
    /// Show an access key and its policies, or those of a principal; never the secret
    Show {
        /// An access key, or the ARN of a user or role that AWS knows
        #[arg(value_name = "ID|ARN", value_parser = Named::parse)]
        name: Named,
    },
    /// Let an access key be used no more
    Disable {
        /// The access key
        #[arg(value_name = "ID", value_parser = parsed(AccessKeyId::parse))]
        id: AccessKeyId,
    },
    /// Let an access key be used again
    Enable {
        /// The access key
        #[arg(value_name = "ID", value_parser = parsed(AccessKeyId::parse))]
        id: AccessKeyId,
    },
    /// Forget an access key
    Delete {
        /// The access key
        #[arg(value_name = "ID", value_parser = parsed(AccessKeyId::parse))]
        id: AccessKeyId,
    },
    /// Encrypt all secrets, and the values of API keys, with the first key, so that the second one can be forgotten
    Encrypt,
    /// Say what a user or role that AWS knows may do, instead of all that was said before
    Attach {
        /// Its ARN; one that ends in `:root` means everybody in the account
        #[arg(value_name = "ARN", value_parser = parsed(PrincipalArn::parse))]
        principal: PrincipalArn,

        /// What it may do: a file with an IAM policy; may be given several times
        #[arg(long = "policy", value_name = "FILE", required = true)]
        policies: Vec<std::path::PathBuf>,
    },
    /// Forget what a user or role that AWS knows may do
    Detach {
        /// Its ARN
        #[arg(value_name = "ARN", value_parser = parsed(PrincipalArn::parse))]
        principal: PrincipalArn,
    },
}

/// What is shown.
#[derive(Debug, Clone)]
enum Named {
    AccessKey(AccessKeyId),
    Principal(PrincipalArn),
}

impl Named {
    fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") {
            parsed(PrincipalArn::parse)(text).map(Self::Principal)
        } else {
            parsed(AccessKeyId::parse)(text).map(Self::AccessKey)
        }
    }
}

pub(super) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let place = &arguments.place;
    match &arguments.action {
        Action::Create(create) => create::run(create, place).await,
        Action::List => show::list(&place.open().await?).await,
        Action::Show { name: Named::AccessKey(id) } => show::access_key(id, &place.open().await?).await,
        Action::Show { name: Named::Principal(arn) } => show::principal(arn, &place.open().await?).await,
        Action::Disable { id } => change::set_enabled(id, false, &place.open().await?).await,
        Action::Enable { id } => change::set_enabled(id, true, &place.open().await?).await,
        Action::Delete { id } => change::delete(id, &place.open().await?).await,
        Action::Encrypt => encrypt::run(&place.open_secrets().await?).await,
        Action::Attach { principal, policies } => {
            let policies = policies::read(policies)?;
            change::attach(principal, &policies, &place.open_or_make().await?).await
        }
        Action::Detach { principal } => change::detach(principal, &place.open().await?).await,
    }
}
