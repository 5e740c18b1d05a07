//! Installing the PyPI packages that the tests run, once for all tests and test processes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{limits::PIP_PATIENCE, patience::wait_at_most};

/// A copy of the requirements that were installed last, written when the installation was complete.
const INSTALLED: &str = "installed.txt";

/// The folder that holds what the requirements `tests/pypi/<name>.txt` name: exact versions, with the
/// hashes of what may be downloaded for them.
///
/// # Panics
///
/// When Python or pip is missing, or fails.
pub(crate) async fn installed_package(name: &'static str) -> PathBuf {
    let installing = tokio::task::spawn_blocking(move || install_once(name));
    wait_at_most(PIP_PATIENCE, &format!("pip to install {name}"), installing)
        .await
        .expect("the installation does not panic")
        .unwrap_or_else(|error| panic!("cannot install {name} for the tests: {error}"))
}

/// The folder with the requirements, and with scripts for Python, in the source tree.
pub(crate) fn requirements() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pypi")
}

fn install_once(name: &str) -> io::Result<PathBuf> {
    let requirements = requirements().join(name).with_extension("txt");
    // `CARGO_TARGET_TMPDIR` is the folder `tmp` of the build directory; this is its neighbour.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pypi");
    fs::create_dir_all(&folder)?;
    // Whoever comes at the same time, in this process or another, waits here for the first one.
    let exclusive = File::create(folder.join(format!("{name}.lock")))?;
    exclusive.lock()?;
    let folder = folder.join(name);
    let wanted = fs::read(&requirements)?;
    if fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    if folder.exists() {
        // pip replaces nothing that it finds.
        fs::remove_dir_all(&folder)?;
    }
    run_pip(&requirements, &folder)?;
    fs::write(folder.join(INSTALLED), wanted)?;
    Ok(folder)
}

/// Installs exactly what the requirements name; no package may run code while it is installed.
fn run_pip(requirements: &Path, folder: &Path) -> io::Result<()> {
    let failed = |reason: String| {
        io::Error::other(format!("{reason}\nThe tests need Python 3 with pip: install both."))
    };
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--require-hashes"])
        .args(["--no-input", "--disable-pip-version-check", "--quiet"])
        .arg("--requirement")
        .arg(requirements)
        .arg("--target")
        .arg(folder)
        .output()
        .map_err(|error| failed(format!("cannot run `python3`: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let diagnostics = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("`python3 -m pip install` failed:\n{diagnostics}")))
}
