//! Sandboxes for tests.

use sandbar::{Builder, Sandbar};

/// A builder whose components are compiled once for all tests and test runs:
/// compiling them takes a second in a dev build, instantiating microseconds.
pub(crate) fn builder() -> Builder {
    Sandbar::builder().cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/components"))
}
