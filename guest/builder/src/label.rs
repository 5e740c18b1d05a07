//! What a component says of itself, to those who are handed the file alone.

use anyhow::{Context as _, Result};
use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};

/// The component with its name and description, and the version and licence of this package, where tools
/// look for them: `wasm-tools metadata show`, registries.
///
/// # Errors
///
/// When it is no component.
pub fn label(component: &[u8], name: &str, description: &str) -> Result<Vec<u8>> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    metadata.to_wasm(component).with_context(|| format!("failed to label `{name}`"))
}
