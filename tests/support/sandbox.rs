//! Sandboxes for tests.

use sandbar::executor::ServeOptions;
use sandbar::http::Policy;
use sandbar::{Builder, Sandbar, SandboxLimits};

/// A builder whose components are compiled once for all tests and test runs:
/// compiling them takes a second in a dev build, instantiating microseconds.
pub(crate) fn builder() -> Builder {
    // Many tests share this process: a pool of a thousand sessions each would use up the mappings
    // that a process may have.
    let mut limits = SandboxLimits::default();
    limits.sessions = 40;
    Sandbar::builder().limits(limits).cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/components"))
}

/// How to be an executor that dials wherever it is asked to.
pub(crate) fn dialling_anywhere() -> ServeOptions {
    ServeOptions { policy: Policy::anywhere(), ..ServeOptions::default() }
}
