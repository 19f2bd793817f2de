//! The function host: Lambda functions run on one machine, as processes, without containers.
//!
//! It serves two of Lambda's own APIs on loopback. The gateway, or `aws lambda invoke --endpoint-url`, calls
//! [`Invoke`](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html) and
//! [`InvokeWithResponseStream`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html);
//! the functions that it starts fetch their events from the
//! [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), each from a port of its own.
//!
//! The way of an invocation: `api::invoke` takes it in; a `function` finds it an idle `instance` or starts one;
//! the instance hands it to its process over `api::runtime`, and what the process says goes back the same way.
//! `code` finds what is to be run and notices edits; `bootstraps` run handlers in Python and Node.
//!
//! What differs from Lambda, and why:
//! - A function sees the environment of the command, its AWS credentials and region among it, then its own variables,
//!   then Lambda's. No credentials are made up: without any, AWS's libraries look where they always do.
//! - An instance may take 30 seconds to start, where Lambda gives 10 and then starts anew.
//! - An event invocation that fails is tried twice more after one and two seconds, where Lambda waits one and two
//!   minutes.
//! - Memory is not limited, nothing is frozen between invocations, and the file system is the machine's.
//! - Layers and extensions are not run.
//! - Where a runtime takes it, the address of its Runtime API has a secret path, so that no other user of the machine
//!   takes events: in Python, Node, and in Rust with `lambda_runtime`. Other executables get host and port alone.

mod api;
mod bootstraps;
mod code;
mod function;
mod host;
mod ids;
mod instance;
mod invocation;
mod log;
mod settings;

pub use host::{Host, HostError, Say};
pub(crate) use instance::{Guard, lines};
pub use settings::{FunctionSettings, HostLimits, Runtime};
