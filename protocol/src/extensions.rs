//! What two Sandbar peers agree to do beyond the stock protocol.
//!
//! A client offers extensions in the `initialize` parameters, the executor confirms those it
//! knows in the result, both under the member `sandbar`:
//!
//! ```json
//! {"sandbar":{"version":1,"extensions":["cancel","credit"]}}
//! ```
//!
//! Only what both sides named is used. Stock peers ignore the member, and nothing that they do
//! not know is ever sent to them.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// The version of the extensions, as a whole. Peers of different versions use none.
const VERSION: u64 = 1;

/// One extension of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// The client may send the notification `http/request/cancel` with
    /// `{"requestId":..}`. The exchange stops at once and still ends with one terminal delta,
    /// or with an error response if there was no response yet. Ids that are not active are
    /// ignored, so it may cross the end of the stream, and may be sent twice.
    Cancel,
    /// `http/request` carries `creditBytes`, and the client adds to it with the notification
    /// `http/request/credit` with `{"requestId":..,"bytes":..}`. The executor never sends more
    /// body bytes than it was granted; terminal deltas are free. Ids that are not active are
    /// ignored.
    Credit,
    /// Error responses carry `data.sandbar`, and terminal deltas `failure`: the JSON of a
    /// [`Failure`](sandbar_exchange::Failure).
    Errors,
    /// `http/request` carries `timeouts` with `connectMs`, `firstByteMs` and `idleMs`.
    Timeouts,
    /// Field values that are not visible ASCII travel as `valueBase64`, and a response head
    /// carries `url`, where the response came from.
    Fields,
}

impl Extension {
    const ALL: [Self; 5] = [Self::Cancel, Self::Credit, Self::Errors, Self::Timeouts, Self::Fields];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Credit => "credit",
            Self::Errors => "errors",
            Self::Timeouts => "timeouts",
            Self::Fields => "fields",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions(u8);

impl Extensions {
    /// No extension: the stock protocol.
    pub const NONE: Self = Self(0);

    /// Every extension that this crate knows.
    pub fn all() -> Self {
        Extension::ALL.into_iter().collect()
    }

    /// Whether none is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `extension` is in the set.
    pub fn contains(self, extension: Extension) -> bool {
        self.0 & extension.bit() != 0
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |bits, extension| bits | extension.bit()))
    }
}

/// The member `sandbar` of the handshake.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Offer<'a> {
    version: u64,
    #[serde(borrow)]
    extensions: Vec<Cow<'a, str>>,
}

impl Offer<'_> {
    /// The offer of a set; none for the empty one, so that nothing is sent.
    pub(crate) fn new(extensions: Extensions) -> Option<Self> {
        if extensions.is_empty() {
            return None;
        }
        let named = Extension::ALL.into_iter().filter(|&one| extensions.contains(one));
        Some(Self {
            version: VERSION,
            extensions: named.map(|one| Cow::Borrowed(one.name())).collect(),
        })
    }

    /// The extensions that are known here. Names from the future are ignored.
    pub(crate) fn extensions(&self) -> Extensions {
        if self.version != VERSION {
            return Extensions::NONE;
        }
        let named = |one: &Extension| self.extensions.iter().any(|name| name == one.name());
        Extension::ALL.into_iter().filter(named).collect()
    }
}
