//! `RUST_LOG`.

use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Traces to standard error what `RUST_LOG` asks for, by target and level; nothing without it.
pub(crate) fn start() {
    let Ok(directives) = std::env::var("RUST_LOG") else { return };
    let targets: Result<Targets, ParseError> = directives.parse();
    match targets {
        Ok(targets) => {
            let to_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
            tracing_subscriber::registry().with(targets).with(to_stderr).init();
        }
        Err(error) => eprintln!("warning: RUST_LOG is ignored: {error}"),
    }
}
