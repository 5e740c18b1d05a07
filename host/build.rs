//! Builds the components of `guest/`, composes them, and leaves them in
//! `OUT_DIR` for `sandbox/components.rs` to embed.

use anyhow::{Context as _, Result};
use sandbar_guest_builder::{Guest, build, compose};
use std::path::{Path, PathBuf};

const MCP: Guest = Guest { package: "sandbar-guest-mcp", component: "mcp" };
const LOCAL: Guest = Guest { package: "sandbar-guest-local", component: "local" };

/// What the components are made of, relative to the workspace.
const SOURCES: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "guest/local", "guest/mcp", "guest/mcp-core", "protocol", "wit"];

fn main() -> Result<()> {
    let out_dir = PathBuf::from(std::env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    let workspace = Path::new("..").canonicalize()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    let guests = [MCP, LOCAL];
    let components = build(&workspace, &out_dir, &guests)?;
    for (guest, component) in guests.iter().zip(&components) {
        write(&out_dir, guest.component, component)?;
    }
    let [mcp, local] = components.as_slice() else {
        anyhow::bail!("{} components for {} guests", components.len(), guests.len());
    };
    write(&out_dir, "mcp-local", &compose(mcp, local)?)
}

fn write(out_dir: &Path, name: &str, component: &[u8]) -> Result<()> {
    let path = out_dir.join(format!("{name}.wasm"));
    std::fs::write(&path, component).with_context(|| format!("failed to write {}", path.display()))
}
