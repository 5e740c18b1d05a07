//! Builds the components of `guest/`, composes them, and leaves them in
//! `OUT_DIR` for `components.rs` to embed.

use anyhow::{Context as _, Result};
use sandbar_guest_builder::{Guest, build, compose};
use std::path::{Path, PathBuf};

const GUESTS: [Guest; 5] = [
    Guest { package: "sandbar-guest-mcp", component: "mcp" },
    Guest { package: "sandbar-guest-fetch", component: "fetch" },
    Guest { package: "sandbar-guest-serve", component: "serve" },
    Guest { package: "sandbar-guest-local", component: "local" },
    Guest { package: "sandbar-guest-remote", component: "remote" },
];

/// What the components are made of, relative to the workspace.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "guest", "protocol", "wit"];

fn main() -> Result<()> {
    let out_dir = PathBuf::from(std::env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    let workspace = Path::new("../..").canonicalize()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    let components = build(&workspace, &out_dir, &GUESTS)?;
    for (guest, component) in GUESTS.iter().zip(&components) {
        write(&out_dir, guest.component, component)?;
    }
    let [consumers @ .., local, remote] = components.as_slice() else {
        anyhow::bail!("{} components for {} guests", components.len(), GUESTS.len());
    };
    for (guest, consumer) in GUESTS.iter().zip(consumers) {
        let name = guest.component;
        write(&out_dir, &format!("{name}-local"), &compose(consumer, local)?)?;
        write(&out_dir, &format!("{name}-remote"), &compose(consumer, remote)?)?;
    }
    Ok(())
}

fn write(out_dir: &Path, name: &str, component: &[u8]) -> Result<()> {
    let path = out_dir.join(format!("{name}.wasm"));
    std::fs::write(&path, component).with_context(|| format!("failed to write {}", path.display()))
}
