//! `RUST_LOG`.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Traces to standard error what `RUST_LOG` asks for; nothing without it.
pub(crate) fn start() {
    let Ok(directives) = std::env::var(EnvFilter::DEFAULT_ENV) else { return };
    let filter: Result<EnvFilter, ParseError> = directives.parse();
    match filter {
        Ok(filter) => {
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        }
        Err(error) => eprintln!("warning: RUST_LOG is ignored: {error}"),
    }
}
