//! Composition: satisfying one component's import with another's export.

use anyhow::{Context as _, Result};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// Plugs the exports of `provider` into the matching imports of `consumer`.
///
/// The result exports what `consumer` exports, and imports what both import and
/// `provider` does not satisfy.
///
/// # Errors
///
/// When either is not a component, or no export of `provider` fits an import.
pub fn compose(consumer: &[u8], provider: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let provider = Package::from_bytes("sandbar:provider", None, provider, graph.types_mut())
        .context("failed to read the providing component")?;
    let provider = graph.register_package(provider)?;
    let consumer = Package::from_bytes("sandbar:consumer", None, consumer, graph.types_mut())
        .context("failed to read the consuming component")?;
    let consumer = graph.register_package(consumer)?;
    plug(&mut graph, vec![provider], consumer)?;
    graph.encode(EncodeOptions::default()).context("failed to encode the composition")
}
