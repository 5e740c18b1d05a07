//! Installing the npm packages that the tests run, once for all tests and test processes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{limits::NPM_PATIENCE, patience::wait_at_most};

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
/// A copy of the lock file that was installed last, written when the installation was complete.
const INSTALLED: &str = "installed-lock.json";

/// The folder with the manifests and the scripts for Node, in the source tree.
pub(crate) fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/npm")
}

/// The folder that holds `node_modules`, as the lock file wants it.
///
/// # Panics
///
/// When npm is missing or fails.
pub(crate) async fn installed_packages() -> PathBuf {
    let installing = tokio::task::spawn_blocking(install_once);
    wait_at_most(NPM_PATIENCE, "npm to install the test servers", installing)
        .await
        .expect("the installation does not panic")
        .unwrap_or_else(|error| panic!("cannot install the npm packages of the tests: {error}"))
}

fn install_once() -> io::Result<PathBuf> {
    // `CARGO_TARGET_TMPDIR` is the folder `tmp` of the build directory; this is its neighbour.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("npm");
    fs::create_dir_all(&folder)?;
    // Test processes that start at the same time wait here for the first one.
    let exclusive = File::create(folder.join(".lock"))?;
    exclusive.lock()?;
    let wanted = fs::read(manifests().join(LOCK))?;
    if fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    for file in [MANIFEST, LOCK] {
        fs::copy(manifests().join(file), folder.join(file))?;
    }
    run_npm(&folder)?;
    fs::write(folder.join(INSTALLED), wanted)?;
    Ok(folder)
}

/// Installs exactly what the lock file names; no package may run code while it is installed.
fn run_npm(folder: &Path) -> io::Result<()> {
    let output = Command::new("npm")
        .args(["ci", "--omit=optional", "--ignore-scripts"])
        .args(["--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .map_err(|error| io::Error::other(format!("cannot run `npm`: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let diagnostics = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("npm ci failed:\n{diagnostics}")))
}
