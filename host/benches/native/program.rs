//! The binary `sandbar`, which belongs to another package than this bench.

use anyhow::{Context as _, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Builds the binary in the profile of this bench, so that no older one is measured, and returns
/// where it is.
pub(crate) fn build() -> Result<PathBuf> {
    // `<target directory>/<profile>/deps/<this program>`
    let bench = std::env::current_exe()?;
    let folder = bench.ancestors().nth(2).context("a bench is in the folder of its profile")?;
    let target = folder.parent().context("that folder is in the target directory")?;
    let profile = match folder.file_name() {
        Some(name) if name == "debug" => "dev",
        _ => "release",
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "sandbar-cli", "--profile", profile])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "the binary `sandbar` cannot be built");
    Ok(folder.join("sandbar").with_extension(std::env::consts::EXE_EXTENSION))
}
