//! A failure as JSON: how it travels where only text does.
//!
//! Two roads carry errors as text: the delta protocol, beside the words that stock peers know, and
//! `wasi:http`, whose only code with room for a text is `internal-error`. Both use this one form,
//! an object whose `kind` is the name of the case in `sandbar:http/types.error-code`.

use alloc::format;
use alloc::string::{String, ToString as _};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ErrorCode, Failure, Limit, PeerError, Processed, SequenceError};

/// The members of the object, those of every kind beside one another: a member of every failure, such
/// as `authority`, has a name that none of a kind has.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Members {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// What does not say so can have been processed.
    #[serde(skip_serializing_if = "is_false")]
    unprocessed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl From<Failure> for Members {
    fn from(failure: Failure) -> Self {
        let (kind, details) = details(failure.code);
        Self {
            kind: kind.to_string(),
            authority: failure.authority,
            unprocessed: failure.processed == Processed::Never,
            ..details
        }
    }
}

/// The name of a case, and the members that it has.
fn details(code: ErrorCode) -> (&'static str, Members) {
    let none = Members::default;
    let because = |reason| Members { reason: Some(reason), ..Members::default() };
    match code {
        ErrorCode::Denied(reason) => ("denied", because(reason)),
        ErrorCode::InvalidRequest(reason) => ("invalid-request", because(reason)),
        ErrorCode::Dns(reason) => ("dns", because(reason)),
        ErrorCode::ConnectionRefused => ("connection-refused", none()),
        ErrorCode::ConnectionFailed(reason) => ("connection-failed", because(reason)),
        ErrorCode::ConnectTimeout => ("connect-timeout", none()),
        ErrorCode::Tls(reason) => ("tls", because(reason)),
        ErrorCode::FirstByteTimeout => ("first-byte-timeout", none()),
        ErrorCode::IdleTimeout => ("idle-timeout", none()),
        ErrorCode::TotalTimeout => ("total-timeout", none()),
        ErrorCode::Protocol(reason) => ("protocol", because(reason)),
        ErrorCode::IncompleteBody => ("incomplete-body", none()),
        ErrorCode::LimitExceeded(Limit { setting, value }) => {
            ("limit-exceeded", Members { name: Some(setting), value, ..none() })
        }
        ErrorCode::Redirect(reason) => ("redirect", because(reason)),
        ErrorCode::Sequence(SequenceError { expected, received }) => {
            let (expected, received) = (Some(expected), Some(received));
            ("sequence", Members { expected, received, ..none() })
        }
        ErrorCode::Disconnected(reason) => ("disconnected", because(reason)),
        ErrorCode::Cancelled => ("cancelled", none()),
        ErrorCode::Peer(PeerError { code, message }) => {
            ("peer", Members { code: Some(code), message: Some(message), ..none() })
        }
        ErrorCode::Other(reason) => ("other", because(reason)),
    }
}

impl Members {
    /// The failure; none where members that its kind has are missing. A kind that this version does
    /// not know is some other failure.
    fn failure(self) -> Option<Failure> {
        if self.kind.is_empty() {
            return None;
        }
        let reason = self.reason;
        let code = match self.kind.as_str() {
            "denied" => ErrorCode::Denied(reason?),
            "invalid-request" => ErrorCode::InvalidRequest(reason?),
            "dns" => ErrorCode::Dns(reason?),
            "connection-refused" => ErrorCode::ConnectionRefused,
            "connection-failed" => ErrorCode::ConnectionFailed(reason?),
            "connect-timeout" => ErrorCode::ConnectTimeout,
            "tls" => ErrorCode::Tls(reason?),
            "first-byte-timeout" => ErrorCode::FirstByteTimeout,
            "idle-timeout" => ErrorCode::IdleTimeout,
            "total-timeout" => ErrorCode::TotalTimeout,
            "protocol" => ErrorCode::Protocol(reason?),
            "incomplete-body" => ErrorCode::IncompleteBody,
            "limit-exceeded" => {
                ErrorCode::LimitExceeded(Limit { setting: self.name?, value: self.value })
            }
            "redirect" => ErrorCode::Redirect(reason?),
            "sequence" => ErrorCode::Sequence(SequenceError {
                expected: self.expected?,
                received: self.received?,
            }),
            "disconnected" => ErrorCode::Disconnected(reason?),
            "cancelled" => ErrorCode::Cancelled,
            "peer" => ErrorCode::Peer(PeerError { code: self.code?, message: self.message? }),
            kind => ErrorCode::Other(reason.unwrap_or_else(|| kind.to_string())),
        };
        let processed = if self.unprocessed { Processed::Never } else { Processed::Possibly };
        Some(Failure { code, authority: self.authority, processed })
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Members::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let failure = Members::deserialize(deserializer)?.failure();
        failure.ok_or_else(|| D::Error::custom("a member of the failure is missing"))
    }
}

/// Ends the words for people. JSON text has no control characters, and the words get none.
const SEPARATOR: char = '\u{1f}';

/// The text of `internal-error` for a failure: words first, for guests that know no more, then the
/// failure itself.
#[must_use]
pub fn to_wasi_text(failure: &Failure) -> String {
    let words = failure.to_string().replace(SEPARATOR, " ");
    match serde_json::to_string(failure) {
        Ok(object) => format!("{words}{SEPARATOR}{object}"),
        Err(_) => words,
    }
}

/// The failure that a text of `internal-error` stands for, if a host of Sandbar wrote it.
#[must_use]
pub fn from_wasi_text(text: &str) -> Option<Failure> {
    let (_, object) = text.split_once(SEPARATOR)?;
    serde_json::from_str(object).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn code() -> impl Strategy<Value = ErrorCode> {
        let text = any::<String>;
        prop_oneof![
            text().prop_map(ErrorCode::Denied),
            text().prop_map(ErrorCode::InvalidRequest),
            text().prop_map(ErrorCode::Dns),
            text().prop_map(ErrorCode::ConnectionFailed),
            text().prop_map(ErrorCode::Tls),
            text().prop_map(ErrorCode::Protocol),
            text().prop_map(ErrorCode::Redirect),
            text().prop_map(ErrorCode::Disconnected),
            text().prop_map(ErrorCode::Other),
            (text(), any::<Option<u64>>())
                .prop_map(|(setting, value)| ErrorCode::LimitExceeded(Limit { setting, value })),
            (any::<u64>(), any::<u64>()).prop_map(|(expected, received)| ErrorCode::Sequence(
                SequenceError { expected, received }
            )),
            (any::<i64>(), text())
                .prop_map(|(code, message)| ErrorCode::Peer(PeerError { code, message })),
            proptest::sample::select(vec![
                ErrorCode::ConnectionRefused,
                ErrorCode::ConnectTimeout,
                ErrorCode::FirstByteTimeout,
                ErrorCode::IdleTimeout,
                ErrorCode::TotalTimeout,
                ErrorCode::IncompleteBody,
                ErrorCode::Cancelled,
            ]),
        ]
    }

    proptest! {
        /// Catches a case whose facts are lost on the road through `wasi:http`, and words of a
        /// server that are taken for the object behind them.
        #[test]
        fn a_failure_survives_the_text_of_an_internal_error(
            code in code(),
            authority in any::<Option<String>>(),
            never in any::<bool>(),
        ) {
            let processed = if never { Processed::Never } else { Processed::Possibly };
            let failure = Failure { code, authority, processed };
            prop_assert_eq!(from_wasi_text(&to_wasi_text(&failure)), Some(failure));
        }
    }

    /// Catches members that a failure does not have, written as null or false to peers that would
    /// have to know them.
    #[test]
    fn a_failure_is_written_with_the_members_that_it_has() {
        let sent = Failure::sent(ErrorCode::Cancelled);
        assert_eq!(serde_json::to_string(&sent).unwrap(), r#"{"kind":"cancelled"}"#);
        let unsent = Failure::unsent(ErrorCode::Dns("r".into())).at("a:1");
        assert_eq!(
            serde_json::to_string(&unsent).unwrap(),
            r#"{"kind":"dns","reason":"r","authority":"a:1","unprocessed":true}"#
        );
    }

    /// Catches a reader that fails on what a later version says, or invents what is missing.
    #[test]
    fn an_unknown_kind_is_another_failure_and_a_missing_member_is_none() {
        let later: Failure =
            serde_json::from_str(r#"{"kind":"quota","reason":"r","x":1}"#).unwrap();
        assert_eq!(later, Failure::sent(ErrorCode::Other("r".into())));
        for incomplete in [r#"{"kind":"dns"}"#, "{}", r#"{"reason":"r"}"#] {
            assert!(serde_json::from_str::<Failure>(incomplete).is_err(), "{incomplete}");
        }
    }
}
