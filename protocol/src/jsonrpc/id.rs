use alloc::string::String;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::limits::ID_BYTES;

/// The id of a JSON-RPC request: a string or a 64-bit integer.
///
/// Fractions, `null` and strings longer than [`ID_BYTES`] are refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum RequestId {
    /// An integer.
    Number(i64),
    /// A string.
    String(String),
}

impl RequestId {
    /// The id that answers a message whose own id could not be read.
    pub const UNREADABLE: Self = Self::Number(-1);

    pub(super) fn parse(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        if text.starts_with('"') {
            let string: String = serde_json::from_str(text).ok()?;
            (string.len() <= ID_BYTES).then_some(Self::String(string))
        } else {
            serde_json::from_str(text).ok().map(Self::Number)
        }
    }
}
