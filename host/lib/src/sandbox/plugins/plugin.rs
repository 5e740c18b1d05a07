//! A plugin as it is given, before anything has looked at it.

use crate::sandbox::plugins::grant::Grant;
use crate::sandbox::plugins::limits::NAME_BYTES;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A component that sees, changes or denies what a session sends and gets.
///
/// It exports `sandbar:plugin/http`, `sandbar:plugin/tools` or both, as `wit/deps/sandbar-plugin` has
/// them, and imports nothing that it was not granted. A clone is cheap.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) name: Arc<str>,
    pub(crate) component: Arc<[u8]>,
    pub(crate) grants: BTreeSet<Grant>,
}

impl Plugin {
    /// The plugin in this component file. Denials and errors call it by `name`, of which the first 64
    /// bytes count.
    ///
    /// Whether it is one is found out by [`Builder::build`](crate::Builder::build), or where a session
    /// is to be opened with it: before anything is dialled.
    #[must_use]
    pub fn new(name: &str, component: impl Into<Arc<[u8]>>) -> Self {
        let name = name.get(..name.floor_char_boundary(NAME_BYTES)).unwrap_or_default();
        Self { name: name.into(), component: component.into(), grants: BTreeSet::new() }
    }

    /// Lets it have something beyond computing.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.insert(grant);
        self
    }

    /// What denials and errors call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("bytes", &self.component.len())
            .field("grants", &self.grants)
            .finish()
    }
}
