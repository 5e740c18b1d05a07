//! A compiled plugin, of which it is known that it is one.

use crate::sandbox::bindings::{HttpPluginIndices, ToolsPluginIndices};
use crate::sandbox::plugins::error::PluginProblem;
use crate::sandbox::plugins::grant::Grant;
use crate::sandbox::plugins::instance::PluginState;
use crate::sandbox::plugins::limits::PluginLimits;
use std::collections::BTreeSet;
use wasmtime::Engine;
use wasmtime::component::types::{Component as ComponentType, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker};

/// Of the package `sandbar:plugin`, as errors say it.
pub(crate) const VERSION_OF_PACKAGE: &str = "0.1.0";

/// What the exports of a plugin begin with.
const PACKAGE: &str = "sandbar:plugin/";

/// A plugin that can be instantiated.
pub(crate) struct Loaded {
    pub(crate) component: InstancePre<PluginState>,
    pub(crate) http: Option<HttpPluginIndices>,
    pub(crate) tools: Option<ToolsPluginIndices>,
}

impl Loaded {
    /// Compiles a component, or takes it from the cache, and checks that it is a plugin that needs no
    /// more than it may have.
    pub(crate) fn load(
        engine: &Engine,
        bytes: &[u8],
        grants: &BTreeSet<Grant>,
        limits: &PluginLimits,
    ) -> Result<Self, PluginProblem> {
        let component = compile(engine, bytes)?;
        let world = component.component_type();
        let [http, tools] = exports(engine, &world)?;
        check_imports(engine, &world, grants)?;
        check_needs(&component, limits)?;
        let other_types = |error| PluginProblem::OtherTypes { reason: format!("{error:#}") };
        let mut linker = Linker::new(engine);
        for grant in grants {
            grant.add_to(&mut linker).map_err(other_types)?;
        }
        let component = linker.instantiate_pre(&component).map_err(other_types)?;
        let http = http.then(|| HttpPluginIndices::new(&component)).transpose();
        let tools = tools.then(|| ToolsPluginIndices::new(&component)).transpose();
        let (http, tools) = (http.map_err(other_types)?, tools.map_err(other_types)?);
        Ok(Self { component, http, tools })
    }
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, PluginProblem> {
    // What all binaries begin with, and what core modules do (core specification, section 5.5.16).
    if !bytes.starts_with(b"\0asm") {
        return Err(PluginProblem::NotAComponent);
    }
    if bytes.starts_with(b"\0asm\x01\0\0\0") {
        return Err(PluginProblem::Module);
    }
    Component::from_binary(engine, bytes)
        .map_err(|error| PluginProblem::Invalid { reason: format!("{error:#}") })
}

/// Whether a component exports `sandbar:plugin/http`, and whether `sandbar:plugin/tools`.
fn exports(engine: &Engine, world: &ComponentType) -> Result<[bool; 2], PluginProblem> {
    let names: Vec<_> = world.exports(engine).map(|(name, _)| name.to_owned()).collect();
    let mut found = [false; 2];
    for export in names.iter().filter(|export| export.starts_with(PACKAGE)) {
        let (interface, version) = export.split_once('@').unwrap_or((export, ""));
        if !is_compatible(version) {
            return Err(PluginProblem::OtherVersion { export: export.clone() });
        }
        match interface.strip_prefix(PACKAGE) {
            Some("http") => found[0] = true,
            Some("tools") => found[1] = true,
            _ => {}
        }
    }
    if found == [false; 2] {
        return Err(PluginProblem::OtherWorld { exports: names });
    }
    Ok(found)
}

/// Whether an interface of this version is one of ours: within 0.x a minor version is another contract.
fn is_compatible(version: &str) -> bool {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _patch)| minor.to_owned());
    minor(version).is_some_and(|found| Some(found) == minor(VERSION_OF_PACKAGE))
}

/// Refuses every import that is more than types and that no grant provides.
fn check_imports(
    engine: &Engine,
    world: &ComponentType,
    grants: &BTreeSet<Grant>,
) -> Result<(), PluginProblem> {
    for (import, item) in world.imports(engine) {
        let has_types_alone = match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let mut items = instance.exports(engine);
                items.all(|(_, item)| matches!(item.ty, ComponentItem::Type(_)))
            }
            ComponentItem::Type(_) => true,
            _ => false,
        };
        let grant = Grant::for_import(import);
        if !has_types_alone && !grant.is_some_and(|grant| grants.contains(&grant)) {
            return Err(PluginProblem::NotGranted { import: import.to_owned(), grant });
        }
    }
    Ok(())
}

/// Compares what an instance is made of with what it may be.
fn check_needs(component: &Component, limits: &PluginLimits) -> Result<(), PluginProblem> {
    // None where the component imports modules, which cannot be granted.
    let Some(needs) = component.resources_required() else { return Ok(()) };
    let (needed, limit) = (needs.num_memories, limits.memories);
    if needed > limit {
        let (what, setting) = ("linear memories", "memories");
        return Err(PluginProblem::TooLarge { what, needed, setting, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a plugin of a later minor version that is taken for ours, and one of a patch that is
    /// refused.
    #[test]
    fn within_0_a_minor_version_is_another_contract() {
        assert!(is_compatible("0.1.0"));
        assert!(is_compatible("0.1.7"));
        assert!(!is_compatible("0.2.0"));
        assert!(!is_compatible("1.1.0"));
        assert!(!is_compatible(""));
    }
}
