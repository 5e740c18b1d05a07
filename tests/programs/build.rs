//! Builds the test guests.

use anyhow::{Context as _, Result};
use sandbar_guest_builder::{Guest, build};
use std::path::{Path, PathBuf};

const GUESTS: [Guest; 6] = [
    Guest { package: "sandbar-test-command", component: "command" },
    Guest { package: "sandbar-test-http-plugin", component: "http-plugin" },
    Guest { package: "sandbar-test-middleware", component: "middleware" },
    Guest { package: "sandbar-test-random-plugin", component: "random-plugin" },
    Guest { package: "sandbar-test-rogue", component: "rogue" },
    Guest { package: "sandbar-test-tools-plugin", component: "tools-plugin" },
];

/// What the guests are made of, relative to the workspace.
const SOURCES: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "protocol/exchange",
    "tests/programs/command",
    "tests/programs/http-plugin",
    "tests/programs/middleware",
    "tests/programs/random-plugin",
    "tests/programs/rogue",
    "tests/programs/tools-plugin",
    "wit",
];

fn main() -> Result<()> {
    let out_dir = PathBuf::from(std::env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    let workspace = Path::new("../..").canonicalize()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    for (guest, component) in GUESTS.iter().zip(build(&workspace, &out_dir, &GUESTS)?) {
        let path = out_dir.join(format!("{}.wasm", guest.component));
        std::fs::write(&path, component)
            .with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}
