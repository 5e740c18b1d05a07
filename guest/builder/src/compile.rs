//! Cargo inside cargo: guest crate in, component out.

use crate::target::{TARGET, ensure_installed};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::ComponentEncoder;

/// A guest crate and the name of the component that it becomes.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// The cargo package.
    pub package: &'static str,
    /// The component; its file is `<component>.wasm`.
    pub component: &'static str,
}

/// Variables of the outer cargo that must not reach the inner one: flags meant
/// for the host's target, wrappers (clippy's among them), and the outer target
/// directory, whose lock the outer cargo holds.
const OUTER_VARIABLES: [&str; 7] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "__CARGO_DEFAULT_LIB_METADATA",
];

/// Flags of the guests. 128-bit SIMD is part of WebAssembly 2.0, which every host of WASI 0.3
/// runs; without it, what scans text goes four bytes at a time.
const FLAGS: (&str, &str) =
    ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");

/// Builds `guests` of the workspace at `workspace` and returns their components,
/// in the same order. `out_dir` is the calling build script's `OUT_DIR`.
///
/// # Errors
///
/// When the wasm target cannot be installed, cargo fails (its diagnostics go to
/// standard error), or a module does not match its world.
pub fn build(workspace: &Path, out_dir: &Path, guests: &[Guest]) -> Result<Vec<Vec<u8>>> {
    ensure_installed()?;
    let target_dir = shared_target_dir(out_dir);
    guests
        .iter()
        .map(|guest| {
            run_cargo(workspace, &target_dir, guest)?;
            componentize(&target_dir, guest)
        })
        .collect()
}

/// A target directory that dev and release builds of the host share: the guests
/// are the same for both. `OUT_DIR` is `<target>/<profile>/build/<package>/out`.
fn shared_target_dir(out_dir: &Path) -> PathBuf {
    out_dir.ancestors().nth(4).unwrap_or(out_dir).join("guests")
}

/// `cargo rustc`, because only it can say `cdylib`: the crates themselves are
/// plain libraries, so that the host's tools (clippy, rustdoc, tests) need not
/// link a component's export names into a native library, which cannot be done.
fn run_cargo(workspace: &Path, target_dir: &Path, guest: &Guest) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["--profile", "guest", "--target", TARGET, "--package", guest.package])
        .arg("--target-dir")
        .arg(target_dir);
    for variable in OUTER_VARIABLES {
        command.env_remove(variable);
    }
    command.env(FLAGS.0, FLAGS.1);
    let status = command.status().context("failed to run cargo for the guests")?;
    if !status.success() {
        bail!("failed to compile the guest `{}`: cargo ended with {status}", guest.package);
    }
    Ok(())
}

fn componentize(target_dir: &Path, guest: &Guest) -> Result<Vec<u8>> {
    let file = format!("{}.wasm", guest.package.replace('-', "_"));
    let path = target_dir.join(TARGET).join("guest").join(file);
    let module =
        std::fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .with_context(|| format!("failed to make a component of `{}`", guest.package))
}
