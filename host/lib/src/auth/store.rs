//! The sign-ins of the user: one file each, in a directory that is the user's alone.

use super::credential::{Credential, Key};
use super::credentials::{Credentials, Lock};
use super::error::StoreError;
use super::limits::{ENTRIES, ENTRY_BYTES, LOCK_WAIT};
use futures::future::BoxFuture;
use ring::digest::{Context, SHA256};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// Between two tries to get a lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Sign-ins in files. A clone has the same directory.
///
/// The directory has mode 0700, and each file 0600. A file is written whole or not at all: beside its
/// place, and then moved there. Nothing is written until somebody signs in.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// The store in this directory, which is made when it is first written to.
    #[must_use]
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The store of the user: `SANDBAR_AUTH_DIR`, or `sandbar/auth` in the data directory of the user
    /// (XDG Base Directory Specification). None where the environment names neither.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        choose(|name| std::env::var_os(name)).map(Self::at)
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, key: &Key, extension: &str) -> PathBuf {
        self.directory.join(format!("{}.{extension}", name(key)))
    }

    fn read_all(&self) -> Result<Vec<Credential>, StoreError> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io(&self.directory, error)),
        };
        let mut all = Vec::new();
        for entry in entries.take(ENTRIES) {
            let path = entry.map_err(|error| StoreError::io(&self.directory, error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                all.extend(read(&path)?);
            }
        }
        Ok(all)
    }

    fn write(&self, credential: &Credential) -> Result<(), StoreError> {
        self.prepare()?;
        let path = self.path(&credential.key(), "json");
        let beside = self.directory.join(format!("{}.new", Uuid::new_v4()));
        let text = serde_json::to_vec_pretty(credential)
            .map_err(|error| StoreError::io(&path, error.into()))?;
        let written = private(OpenOptions::new().create_new(true).write(true))
            .open(&beside)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &path));
        written.map_err(|error| {
            // It holds a part of a secret at the most; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&beside);
            StoreError::io(&path, error)
        })
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let path = self.path(key, "json");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Makes the directory, and makes it the user's alone.
    fn prepare(&self) -> Result<(), StoreError> {
        let made = private_directory().create(&self.directory);
        made.and_then(|()| keep_private(&self.directory))
            .map_err(|error| StoreError::io(&self.directory, error))
    }

    /// Waits for the lock of a sign-in, which is a file that is never moved.
    async fn wait_for_lock(&self, key: &Key) -> Result<Lock, StoreError> {
        self.prepare()?;
        let path = self.path(key, "lock");
        let file = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .map_err(|error| StoreError::io(&path, error))?;
        let tries = async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                    Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, error)),
                }
            }
        };
        match tokio::time::timeout(LOCK_WAIT, tries).await {
            Ok(locked) => locked.map(|()| Lock::new(file)),
            Err(_elapsed) => Err(StoreError::Locked(path)),
        }
    }
}

impl Credentials for Store {
    fn all(&self) -> BoxFuture<'_, Result<Vec<Credential>, StoreError>> {
        Box::pin(std::future::ready(self.read_all()))
    }

    fn put(&self, credential: Credential) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(self.write(&credential)))
    }

    fn remove(&self, key: Key) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(self.delete(&key)))
    }

    fn lock(&self, key: Key) -> BoxFuture<'_, Result<Lock, StoreError>> {
        Box::pin(async move { self.wait_for_lock(&key).await })
    }
}

/// Reads one; none where it is gone meanwhile, or is of another make.
fn read(path: &Path) -> Result<Option<Credential>, StoreError> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(ENTRY_BYTES).read_to_end(&mut text));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(path, error)),
    }
    let parsed = serde_json::from_slice(&text);
    if parsed.is_err() {
        // What is wrong with it would quote it.
        tracing::warn!(path = %path.display(), "a stored sign-in cannot be read");
    }
    Ok(parsed.ok())
}

/// The name of a file: what a server calls itself is no part of a path.
fn name(key: &Key) -> String {
    let Key { issuer, resource, client } = key;
    let mut context = Context::new(&SHA256);
    for part in [issuer, resource, client] {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut name = String::new();
    for byte in context.finish().as_ref() {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).map(PathBuf::from);
    // The specification says to ignore what is relative or empty.
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    path("SANDBAR_AUTH_DIR")
        .filter(|path| !path.as_os_str().is_empty())
        .and_then(|path| std::path::absolute(path).ok())
        .or_else(|| absolute("XDG_DATA_HOME").map(|path| path.join("sandbar/auth")))
        .or_else(|| absolute("HOME").map(|path| path.join(".local/share/sandbar/auth")))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
    builder
}

/// A directory that was there may have been open to others.
#[cfg(unix)]
fn keep_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = fs::metadata(directory)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o700);
    fs::set_permissions(directory, permissions)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

/// The directories of a user's profile are the user's alone.
#[cfg(not(unix))]
fn keep_private(_directory: &Path) -> io::Result<()> {
    Ok(())
}
