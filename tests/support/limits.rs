//! The bounds of the test servers, so that a client that runs wild fails its test instead of
//! taking the machine down.

use std::time::Duration;

/// Longest request head that the fault server reads, in bytes. Larger than what any client
/// under test may send, including 16 KiB of header-field values.
pub(crate) const MAX_REQUEST_HEAD_BYTES: usize = 256 * 1024;

/// Longest request body that the fault server records, in bytes.
pub(crate) const MAX_REQUEST_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Most bytes of a following request that are kept while a script waits, in bytes. Beyond it
/// the server stops reading, as a busy server does.
pub(crate) const MAX_READ_AHEAD_BYTES: usize = 1024 * 1024;

/// How long a test waits for something that must happen. Only a failing test ever uses it up;
/// without it, that test would hang instead of naming what it waited for. Long, because the first
/// run of the tests compiles components in between, several at once on a small machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// How long the first `npm ci` may take: it downloads packages.
pub(crate) const NPM_PATIENCE: Duration = Duration::from_secs(300);

/// How long the first `pip install` of a package may take: it downloads it.
pub(crate) const PIP_PATIENCE: Duration = Duration::from_secs(300);

/// Most lines of a child process's diagnostics that are kept for the message of a failing test.
pub(crate) const MAX_DIAGNOSTIC_LINES: usize = 50;
