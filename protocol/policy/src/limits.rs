//! Limits of policies, with their reasons.

/// Bytes of a policy file: 1 MiB. A rule takes a hundred or two.
pub(crate) const FILE_BYTES: usize = 1024 * 1024;

/// Rules of a policy, allowing and denying: 4096. Each request is compared with all of them, and so many
/// take 0.1 ms.
pub(crate) const RULES: usize = 4096;

/// Entries of a list in a rule: 256. More methods, networks or classes than that are a mistake.
pub(crate) const ENTRIES: usize = 256;

/// Characters of a text in a rule: 2048. Hosts have 255 at most, and no path that somebody writes by
/// hand is as long.
pub(crate) const TEXT: usize = 2048;

/// Seconds that a limit of time may have: a year. What is longer is no limit.
pub(crate) const SECONDS: u64 = 365 * 24 * 60 * 60;
