//! `sandbar components`

use crate::args::ComponentsArgs;
use crate::failure::Failure;
use crate::failure::exit;
use crate::json::{JsonObject, JsonText};
use crate::show::stdout;
use sandbar::components::{ALL, Component};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes every embedded component, and says which.
pub(crate) fn run(args: &ComponentsArgs) -> Result<u8, Failure> {
    let written = write(&args.out, args.force)?;
    print(&written, args.json)?;
    Ok(exit::OK)
}

/// A component, and the file that it is written to.
type Target = (Component, PathBuf);

fn write(directory: &Path, force: bool) -> Result<Vec<Target>, Failure> {
    let failed = |source| Failure::File { path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(failed)?;
    let targets = ALL.map(|component| (component, path(directory, &component)));
    // Nothing is written before it is known that everything may be.
    for (component, path) in &targets {
        if !force && holds_something_else(path, component)? {
            return Err(Failure::WouldOverwrite { path: path.clone() });
        }
    }
    for (component, path) in &targets {
        let failed = |source| Failure::File { path: path.clone(), source };
        replace(path, component.bytes).map_err(failed)?;
    }
    Ok(targets.to_vec())
}

/// Writes a file that is none yet, in the place of whatever is there: through a link it would be another's.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(path)?.write_all(bytes)
}

fn path(directory: &Path, component: &Component) -> PathBuf {
    directory.join(component.name).with_extension("wasm")
}

fn holds_something_else(path: &Path, component: &Component) -> Result<bool, Failure> {
    // A link, wherever it leads or does not.
    if path.is_symlink() {
        return Ok(true);
    }
    match fs::read(path) {
        Ok(bytes) => Ok(bytes != component.bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Failure::File { path: path.to_owned(), source }),
    }
}

fn print(targets: &[Target], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let objects: Vec<_> = targets.iter().map(|target| object(target).into()).collect();
        return stdout::json(JsonText::array(&objects).as_str());
    }
    let lines: Vec<_> = targets
        .iter()
        .map(|(component, path)| {
            let (bytes, path) = (component.bytes.len(), path.display());
            let sha256 = component.sha256();
            format!("{path}  {bytes} bytes  sha256:{sha256}  {}", component.summary)
        })
        .collect();
    stdout::text(&lines.join("\n"))
}

fn object((component, path): &Target) -> JsonObject {
    JsonObject::default()
        .with("name", JsonText::string(component.name))
        .with("file", JsonText::string(&path.to_string_lossy()))
        .with("bytes", component.bytes.len().into())
        .with("sha256", JsonText::string(&component.sha256()))
        .with("summary", JsonText::string(component.summary))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches a file of the user that is lost, and others that are written before it is noticed.
    #[test]
    fn a_file_that_holds_something_else_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let taken = path(directory.path(), ALL.last().unwrap());
        fs::write(&taken, "mine").unwrap();
        let failure = write(directory.path(), false).unwrap_err();
        assert!(matches!(failure, Failure::WouldOverwrite { path } if path == taken));
        assert_eq!(fs::read(&taken).unwrap(), b"mine");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    /// Catches a file that is written where a link leads: elsewhere, though it leads to nothing yet.
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (link, elsewhere) = (path(directory.path(), &ALL[0]), directory.path().join("else"));
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        write(directory.path(), false).unwrap_err();
        write(directory.path(), true).unwrap();
        assert!(!elsewhere.exists() && !link.is_symlink());
        assert_eq!(fs::read(link).unwrap(), ALL[0].bytes);
    }

    /// Catches `--force` that does nothing, and a second run that takes its own files for others.
    #[test]
    fn force_overwrites_and_what_is_the_same_needs_none() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(path(directory.path(), &ALL[0]), "mine").unwrap();
        write(directory.path(), true).unwrap();
        write(directory.path(), false).unwrap();
        for component in ALL {
            assert_eq!(fs::read(path(directory.path(), &component)).unwrap(), component.bytes);
        }
    }
}
