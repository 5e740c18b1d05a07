//! Where sign-ins are kept.

use super::credential::{Credential, Key};
use super::error::StoreError;
use futures::future::BoxFuture;
use std::any::Any;
use url::Url;

/// Keeps sign-ins. The default is [`Store`](super::Store), files of the user's own.
///
/// What is kept are secrets: an implementation shows them to nobody else, and has written what it was
/// given when it says so.
pub trait Credentials: Send + Sync + 'static {
    /// Every sign-in.
    fn all(&self) -> BoxFuture<'_, Result<Vec<Credential>, StoreError>>;

    /// Keeps a sign-in, in place of the one of the same [`Key`].
    fn put(&self, credential: Credential) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Forgets a sign-in. None of that key is no error.
    fn remove(&self, key: Key) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Waits until nobody else refreshes this sign-in, whichever process it is in. Dropping the lock
    /// ends it.
    fn lock(&self, key: Key) -> BoxFuture<'_, Result<Lock, StoreError>>;
}

/// The right to refresh a sign-in, until it is dropped.
pub struct Lock {
    _held: Box<dyn Any + Send>,
}

impl Lock {
    /// A lock that dropping `held` ends.
    #[must_use]
    pub fn new(held: impl Any + Send) -> Self {
        Self { _held: Box::new(held) }
    }
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock")
    }
}

/// The sign-in for what is at `url`: of those whose resource it is part of, the one of the narrowest
/// resource, and of these the newest.
pub(crate) async fn find(
    credentials: &dyn Credentials,
    url: &Url,
) -> Result<Option<Credential>, StoreError> {
    let all = credentials.all().await?;
    let fitting = all.into_iter().filter(|credential| credential.covers(url));
    Ok(fitting.max_by_key(|credential| (credential.resource.len(), credential.signed_in_at)))
}

/// The sign-in of a key.
pub(crate) async fn get(
    credentials: &dyn Credentials,
    key: &Key,
) -> Result<Option<Credential>, StoreError> {
    let all = credentials.all().await?;
    Ok(all.into_iter().find(|credential| credential.key() == *key))
}
