//! Resident memory of a process, as Linux counts it (`proc_pid_status(5)`).

use anyhow::{Context as _, Result};
use std::fs;

/// Bytes that are resident now.
pub(crate) fn resident() -> Result<u64> {
    status("self", "VmRSS:")
}

/// The most bytes that were resident since the process began, or since [`forget_peak`].
pub(crate) fn peak() -> Result<u64> {
    status("self", "VmHWM:")
}

/// The same of another process.
pub(crate) fn peak_of(process: u32) -> Result<u64> {
    status(&process.to_string(), "VmHWM:")
}

/// Makes the peak what is resident now: compiling a component takes more than using it.
pub(crate) fn forget_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")
}

fn status(process: &str, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .context("memory is measured on Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|value| value.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.context("the kernel does not tell")?.trim().parse()?;
    Ok(kibibytes * 1024)
}
