//! What a plugin may have beyond computing, where its operator says so.

use crate::sandbox::plugins::instance::PluginState;
use std::fmt;
use wasmtime::component::Linker;

/// Something that a plugin may be granted. Without any it can compute, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Grant {
    /// Randomness: `wasi:random@0.3`.
    Random,
    /// The time of day, and clocks to measure with: `wasi:clocks@0.3`.
    Clock,
}

impl Grant {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Random, Self::Clock];

    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Clock => "clock",
        }
    }

    /// The grant of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }

    /// The grant that provides an import.
    pub(crate) fn for_import(import: &str) -> Option<Self> {
        let (interface, version) = import.split_once('@')?;
        let (package, _) = interface.split_once('/')?;
        match package {
            _ if !version.starts_with("0.3.") => None,
            "wasi:random" => Some(Self::Random),
            "wasi:clocks" => Some(Self::Clock),
            _ => None,
        }
    }

    pub(crate) fn add_to(self, linker: &mut Linker<PluginState>) -> wasmtime::Result<()> {
        match self {
            Self::Random => wasmtime_wasi::p3::random::add_to_linker(linker),
            Self::Clock => wasmtime_wasi::p3::clocks::add_to_linker(linker),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches an import that another grant than its own provides, and one of another version that is
    /// promised and not there.
    #[test]
    fn an_import_has_the_grant_that_provides_it() {
        for (import, grant) in [
            ("wasi:random/random@0.3.0", Some(Grant::Random)),
            ("wasi:clocks/system-clock@0.3.0", Some(Grant::Clock)),
            ("wasi:random/random@0.2.6", None),
            ("wasi:http/client@0.3.0", None),
            ("wasi:random", None),
        ] {
            assert_eq!(Grant::for_import(import), grant, "{import}");
        }
    }
}
