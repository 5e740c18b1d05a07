//! File descriptors of the test process, and of others.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lets this process have as many as it may: the usual 1024 are too few for a thousand
/// connections, and the fault server is in here.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// How many a process has open (`proc_pid_fd(5)`).
pub(crate) fn count(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count()
}
