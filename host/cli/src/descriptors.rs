//! File descriptors of the process.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lets the process have as many as it may. Shells give it 1024, for the sake of programs that use
/// `select`; the exchanges of one connection can need as many.
///
/// That it may have no more is no failure: what needs one too many says so.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}
