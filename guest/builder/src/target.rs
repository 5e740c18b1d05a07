//! Makes sure that the toolchain can compile for the guest target.

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// The target of every guest.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the target to the toolchain when it is missing.
///
/// A `rust-toolchain.toml` cannot be relied upon for this: automatic
/// installation may be switched off in the environment.
pub(crate) fn ensure_installed() -> Result<()> {
    if standard_library()?.is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() && standard_library()?.is_dir() => Ok(()),
        _ => bail!(
            "the Rust target {TARGET} is not installed, and installing it failed; \
             run `rustup target add {TARGET}`, or see \"Without rustup\" in README.md"
        ),
    }
}

/// Where the target's standard library is, if it is there.
fn standard_library() -> Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .with_context(|| format!("failed to run {}", rustc.display()))?;
    let path =
        String::from_utf8(output.stdout).context("rustc printed a path that is not UTF-8")?;
    Ok(PathBuf::from(path.trim()))
}
