//! Memory of another process, as Linux counts it (`proc_pid_status(5)`).

use std::fmt;

/// Resident memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    /// The most that was resident since the process began.
    pub(crate) peak: u64,
}

impl Memory {
    /// Of a process that is running.
    pub(crate) fn of(process: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
        };
        Self { resident: field("VmRSS:"), peak: field("VmHWM:") }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
        write!(f, "{:.1} MiB now, {:.1} MiB at its peak", mib(self.resident), mib(self.peak))
    }
}
