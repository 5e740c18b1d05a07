//! What is wrong with a plugin: as it was given, and in what it did.

use crate::sandbox::plugins::grant::Grant;
use std::time::Duration;

/// Why a plugin cannot be used. Nothing has been dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plugin `{plugin}` cannot be used: {problem}")]
#[non_exhaustive]
pub struct PluginError {
    /// Its name.
    pub plugin: String,
    /// What is wrong with it.
    pub problem: PluginProblem,
}

/// What is wrong with a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginProblem {
    /// The file is a core module, of which a component is still to be made.
    #[error("it is a WebAssembly module, and no component")]
    Module,
    /// The file is something else.
    #[error("it is no WebAssembly component")]
    NotAComponent,
    /// It cannot be compiled: it is broken, or made of more than any plugin may be.
    #[error("it cannot be loaded: {reason}")]
    Invalid {
        /// What wasmtime said.
        reason: String,
    },
    /// A component of another world.
    #[error(
        "it exports neither `sandbar:plugin/http@{}` nor `sandbar:plugin/tools@{}`{}",
        super::loaded::VERSION_OF_PACKAGE,
        super::loaded::VERSION_OF_PACKAGE,
        exported(.exports)
    )]
    OtherWorld {
        /// What it exports.
        exports: Vec<String>,
    },
    /// A plugin for another version of Sandbar.
    #[error(
        "it is built for another version: it exports `{export}`, and this is {}",
        super::loaded::VERSION_OF_PACKAGE
    )]
    OtherVersion {
        /// The interface, with its version.
        export: String,
    },
    /// It exports the right names with other types.
    #[error("its types are not those of `sandbar:plugin`: {reason}")]
    OtherTypes {
        /// What wasmtime said.
        reason: String,
    },
    /// It imports something that it was not granted, or that cannot be had.
    #[error("it imports `{import}`, which {}", needs(*.grant))]
    NotGranted {
        /// The interface, with its version.
        import: String,
        /// What would provide it, if anything does.
        grant: Option<Grant>,
    },
    /// It is made of more than the limits admit.
    #[error("it needs {needed} {what}, more than the limit `PluginLimits::{setting}` of {limit}")]
    TooLarge {
        /// What it needs too much of.
        what: &'static str,
        /// How much it needs.
        needed: u32,
        /// The setting that raises the limit.
        setting: &'static str,
        /// Its value.
        limit: u32,
    },
    /// There is no place for it: what it was to stand in front of is not there.
    #[error("{reason}")]
    NoPlace {
        /// Why.
        reason: &'static str,
    },
    /// More plugins than a session may have.
    #[error("a session has at most {limit} plugins")]
    TooMany {
        /// How many it may have.
        limit: usize,
    },
}

fn exported(exports: &[String]) -> String {
    if exports.is_empty() { String::new() } else { format!(", but {}", exports.join(", ")) }
}

fn needs(grant: Option<Grant>) -> String {
    match grant {
        Some(grant) => format!("it was not granted: `{grant}` is the grant for it"),
        None => "no plugin can have".to_owned(),
    }
}

/// What a plugin broke. It ended its session, and no other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginFault {
    /// It trapped.
    #[error("it trapped: {reason}")]
    Trap {
        /// What wasmtime said, with the plugin's frames.
        reason: String,
    },
    /// A call of it took too long.
    #[error("a call took longer than {limit:?}")]
    Time {
        /// `PluginLimits::call`.
        limit: Duration,
    },
    /// It wanted too much memory.
    #[error("it wanted more than {limit} bytes of memory")]
    Memory {
        /// `PluginLimits::memory`.
        limit: usize,
    },
    /// There is no room for it: as many instances as allowed exist.
    #[error("no instance could be made: {reason}")]
    Unavailable {
        /// What wasmtime said.
        reason: String,
    },
}

/// A fault, and whose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plugin `{plugin}` failed: {fault}")]
pub(crate) struct PluginFailed {
    pub(crate) plugin: String,
    pub(crate) fault: PluginFault,
}
