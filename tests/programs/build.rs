//! Builds the test guests.

use anyhow::{Context as _, Result};
use sandbar_guest_builder::{Guest, build};
use std::path::{Path, PathBuf};

const ROGUE: Guest = Guest { package: "sandbar-test-rogue", component: "rogue" };

fn main() -> Result<()> {
    let out_dir = PathBuf::from(std::env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    let workspace = Path::new("../..").canonicalize()?;
    for source in ["Cargo.toml", "Cargo.lock", "tests/programs/rogue", "wit"] {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    for component in build(&workspace, &out_dir, &[ROGUE])? {
        let path = out_dir.join("rogue.wasm");
        std::fs::write(&path, component)
            .with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}
