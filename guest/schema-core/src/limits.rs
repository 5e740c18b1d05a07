//! Every limit of a validation.

/// Violations that are told. A person mends a few at a time.
pub(crate) const VIOLATIONS: usize = 16;

/// How deep subschemas are applied within one another, references included. Honest ones have a dozen
/// levels, and each takes some of a small stack.
pub(crate) const DEPTH: usize = 128;

/// Subschemas applied to values, and values compared with others, in all. A result of 16 MiB has some
/// hundred thousand values; alternatives within alternatives multiply without end.
pub(crate) const STEPS: u64 = 10_000_000;

/// Bytes of a value that a violation quotes.
pub(crate) const QUOTED_BYTES: usize = 100;

/// Bytes that a compiled pattern may have: a hundred kilobytes hold what people write.
pub(crate) const PATTERN_BYTES: usize = 1024 * 1024;
