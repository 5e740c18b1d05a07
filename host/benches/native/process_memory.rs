//! Resident memory of this process, as Linux counts it (`proc_pid_status(5)`).

use anyhow::{Context as _, Result};
use std::fs;

/// Bytes that are resident now.
pub(crate) fn resident() -> Result<u64> {
    status("VmRSS:")
}

/// The most bytes that were resident since the process began, or since [`forget_peak`].
pub(crate) fn peak() -> Result<u64> {
    status("VmHWM:")
}

/// Makes the peak what is resident now: compiling a component takes more than using it.
pub(crate) fn forget_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")
}

fn status(field: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|value| value.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.context("the kernel does not tell")?.trim().parse()?;
    Ok(kibibytes * 1024)
}
