//! What stands behind the server's two doors: the data plane, and the control plane on a port of its own that no
//! data-plane route reaches.

mod authorize;
mod control;
mod gateway;
mod invoke;
mod operations;
mod overview;
mod token;
mod world;

pub use authorize::{Explanation, Question};
pub use control::ControlDoor;
pub use gateway::Gateway;
pub use invoke::{Invocation, Invoked};
pub use overview::{ApiView, Overview, StageView};
pub use token::{ControlToken, TOKEN_FILE, TOKEN_HEADER};
pub use world::{Callers, LocalWorld};
