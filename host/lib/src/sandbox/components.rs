//! The components that the build embeds, and their compositions.

use crate::sandbox::error::BuildError;

/// A component file, embedded.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// Its name; the file is `<name>.wasm`.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The binary.
    pub bytes: &'static [u8],
}

impl Component {
    /// The SHA-256 of the binary, in hexadecimal: what `sha256sum` prints of the file.
    #[must_use]
    pub fn sha256(&self) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.bytes);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

// A constant for each, and `ALL`. What there is, and what it is called, is said in `build.rs`.
include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// The interfaces that a component imports, in its own order: everything that
/// it can do beyond computing.
///
/// # Errors
///
/// When `component` is not one.
pub fn imports(component: &[u8]) -> Result<Vec<String>, BuildError> {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let engine = wasmtime::Engine::new(&config).map_err(BuildError::engine)?;
    let component =
        wasmtime::component::Component::new(&engine, component).map_err(BuildError::component)?;
    let names =
        component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    Ok(names)
}
