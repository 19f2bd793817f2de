//! Whoever ends the processes of functions and backends with all that they started, also where this program is killed.
//!
//! Each of these processes leads a process group. A small shell script knows all of these groups; it ends one when it
//! is told so, and all of them when its standard input ends, which happens whatever way this program ends. The
//! directory of the bootstraps goes with them.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

/// Ends process groups; clones are the same guard.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    orders: Arc<mpsc::UnboundedSender<String>>,
}

/// Reads `start GROUP` and `end GROUP`; its argument is the directory, where there is one.
#[cfg(unix)]
const SCRIPT: &str = r#"
groups=
while read -r order group; do
    rest=
    for known in $groups; do
        [ "$known" = "$group" ] || rest="$rest $known"
    done
    groups=$rest
    case $order in
        start) groups="$groups $group" ;;
        end) kill -s KILL -- "-$group" 2>/dev/null ;;
    esac
done
for group in $groups; do
    kill -s KILL -- "-$group" 2>/dev/null
done
[ -z "$1" ] || rm -rf -- "$1"
"#;

impl Guard {
    /// Starts the guard. `directory` is removed in the end; `alive` is dropped when the guard has ended.
    ///
    /// # Errors
    /// Where there is no shell.
    #[cfg(unix)]
    pub(crate) fn start(directory: Option<&Path>, alive: mpsc::Sender<()>) -> std::io::Result<Self> {
        use std::process::Stdio;

        use tokio::io::AsyncWriteExt;

        let mut shell = tokio::process::Command::new("/bin/sh")
            .args(["-c", SCRIPT, "gatelet-guard"])
            .args(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // The terminal's Ctrl-C is not for it.
            .process_group(0)
            .spawn()?;
        let mut input = shell.stdin.take();
        let (orders, mut received) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            while let Some(order) = received.recv().await {
                if let Some(input) = &mut input {
                    let _ = input.write_all(order.as_bytes()).await;
                }
            }
            drop(input);
            let _ = shell.wait().await;
            drop(alive);
        });
        Ok(Self { orders: Arc::new(orders) })
    }

    /// There is no guard here: processes are ended one by one, without what they started.
    #[cfg(not(unix))]
    pub(crate) fn start(_: Option<&Path>, _: mpsc::Sender<()>) -> std::io::Result<Self> {
        Ok(Self { orders: Arc::new(mpsc::unbounded_channel().0) })
    }

    /// A group that is to end with this program.
    pub(crate) fn began(&self, group: u32) {
        let _ = self.orders.send(format!("start {group}\n"));
    }

    /// A group that is to end now.
    pub(crate) fn end(&self, group: u32) {
        let _ = self.orders.send(format!("end {group}\n"));
    }
}
