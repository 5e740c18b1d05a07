//! Values of `Mcp-Name` and `Mcp-Param-*` (2026-07-28, "Streamable HTTP: Value Encoding").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SENTINEL_START: &str = "=?base64?";
const SENTINEL_END: &str = "?=";

/// A value as a field carries it: as it is where that is safe, otherwise as base64 of its UTF-8
/// between the sentinels. A value that looks encoded is encoded, so that decoding is unambiguous.
pub(crate) fn encode(value: &str) -> String {
    if is_plain(value) {
        value.to_owned()
    } else {
        format!("{SENTINEL_START}{}{SENTINEL_END}", STANDARD.encode(value))
    }
}

fn is_plain(value: &str) -> bool {
    let looks_encoded = value.starts_with(SENTINEL_START) && value.ends_with(SENTINEL_END);
    // A tab is legal inside a field value, but the recipients that reject it are many.
    value.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
        && !value.starts_with(' ')
        && !value.ends_with(' ')
        && !looks_encoded
}

#[cfg(test)]
mod tests {
    use super::encode;

    /// The examples of the specification, and halves of a sentinel, which are none. Catches URL-safe
    /// base64 and a forgotten sentinel escape.
    #[test]
    fn the_examples_of_the_specification_hold() {
        for (value, encoded) in [
            ("us-west1", "us-west1"),
            ("", ""),
            ("a b", "a b"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("=?base64?", "=?base64?"),
            ("what?=", "what?="),
        ] {
            assert_eq!(encode(value), encoded);
        }
    }

    /// Catches a check for CR and LF alone: every control character can end up in a field.
    #[test]
    fn control_characters_never_reach_the_field() {
        for control in (0..0x20_u8).chain([0x7F]) {
            let value = format!("a{}b", char::from(control));
            assert!(encode(&value).starts_with("=?base64?"), "{control:#x}");
        }
    }
}
