//! Composition: satisfying one component's import with another's export.
//!
//! Build scripts make the shipped compositions with it, and the host those with components that it
//! is given.

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PlugError, plug};

/// Why two components cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// One of them is not a component.
    #[error("cannot read the {which} component: {reason}")]
    NotAComponent {
        /// Which of the two.
        which: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing that the one exports is what the other imports.
    #[error("no export of the providing component fits an import of the consuming one")]
    NothingFits,
    /// They fit by name and not by type.
    #[error("the components do not fit: {0}")]
    Mismatch(String),
}

/// Plugs the exports of `provider` into the matching imports of `consumer`.
///
/// The result exports what `consumer` exports, and imports what both import and
/// `provider` does not satisfy.
///
/// # Errors
///
/// When either is not a component, or no export of `provider` fits an import.
pub fn compose(consumer: &[u8], provider: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let provider = read(&mut graph, "providing", "sandbar:provider", provider)?;
    let consumer = read(&mut graph, "consuming", "sandbar:consumer", consumer)?;
    plug(&mut graph, vec![provider], consumer).map_err(|error| match error {
        PlugError::NoPlugHappened => ComposeError::NothingFits,
        PlugError::GraphError { source } => ComposeError::Mismatch(format!("{source:#}")),
    })?;
    graph
        .encode(EncodeOptions::default())
        .map_err(|error| ComposeError::Mismatch(format!("{error:#}")))
}

fn read(
    graph: &mut CompositionGraph,
    which: &'static str,
    name: &str,
    component: &[u8],
) -> Result<wac_graph::PackageId, ComposeError> {
    let invalid = |reason: String| ComposeError::NotAComponent { which, reason };
    let package = Package::from_bytes(name, None, component, graph.types_mut())
        .map_err(|error| invalid(format!("{error:#}")))?;
    graph.register_package(package).map_err(|error| invalid(format!("{error:#}")))
}
