//! Every limit of a plugin, with its reason. Those of [`PluginLimits`] can be set where a
//! [`Sandbar`](crate::Sandbar) is built.

use std::time::Duration;

/// What one instance of a plugin may use, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginLimits {
    /// Instances at a time in one process: one for each plugin of each session. 2000: two for each of
    /// as many sessions as there may be by default.
    pub instances: u32,
    /// Bytes of linear memory of an instance, all its memories together. 64 MiB: Python begins with
    /// 30 MiB, and the largest message (16 MiB) has room beside it.
    pub memory: usize,
    /// Linear memories that a plugin may be made of. 8: a JavaScript engine comes with 3. Each takes
    /// address space, in every instance that there may be.
    pub memories: u32,
    /// How long a call of a plugin may take. 5 s: it has nothing to wait for, and needs microseconds
    /// to milliseconds.
    pub call: Duration,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            instances: 2000,
            memory: 64 * 1024 * 1024,
            memories: 8,
            call: Duration::from_secs(5),
        }
    }
}

/// Plugins of one session. 32: each is asked for every exchange, one after another.
pub(crate) const PLUGINS_PER_SESSION: usize = 32;

/// Plugins that are kept compiled. 1024: each takes a few megabytes; with one more all are forgotten,
/// and compiled again when they are needed.
pub(crate) const COMPILED: usize = 1024;

/// Core instances of a plugin. 128: what Python is made of comes to 49. They cost no address space.
pub(crate) const CORE_INSTANCES: u32 = 128;

/// Tables of a plugin. 32: one for each module and shim of it.
pub(crate) const TABLES: u32 = 32;

/// Bytes of the reason for a denial that are told. 1024: a paragraph.
pub(crate) const REASON_BYTES: usize = 1024;

/// Bytes of the name of a plugin. 64: it is a part of sentences.
pub(crate) const NAME_BYTES: usize = 64;

/// Resources that a plugin may hold of the host. 64: what it can be granted has none that it would
/// need two of.
pub(crate) const HANDLES: usize = 64;
