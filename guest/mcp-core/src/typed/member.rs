//! Members as servers write them, one by one.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

use crate::json_string;

/// Standard base64; padding may be missing, and bits that nobody reads may be set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The integers that a double holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value that is there: serializers write null for what is not.
pub(crate) fn present(value: Option<&str>) -> Option<&str> {
    value.filter(|value| *value != "null")
}

/// A string; what is none is left out.
pub(crate) fn string(value: Option<&str>) -> Option<String> {
    value.and_then(json_string::read).map(Cow::into_owned)
}

/// A JSON text, whatever it is.
pub(crate) fn json(value: Option<&str>) -> Option<String> {
    present(value).map(str::to_owned)
}

/// A flag, in every spelling that leaves no doubt.
pub(crate) fn flag(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "\"true\"" | "1"))
}

/// A size in bytes: `12`, `12.0` and `"12"` are one.
pub(crate) fn size(value: Option<&str>) -> Option<u64> {
    let value = value?;
    let number = json_string::inside(value).unwrap_or(value).trim();
    let exact = || {
        let float: f64 = number.parse().ok()?;
        // In range and without a fraction, the cast is exact.
        (float.fract() == 0.0 && (0.0..EXACT).contains(&float)).then_some(float as u64)
    };
    number.parse().ok().or_else(exact)
}

/// A cursor. A number is given back as text, which servers that count parse; anything else is none.
pub(crate) fn cursor(value: Option<&str>) -> Option<String> {
    let value = present(value)?;
    let is_number = value.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    string(Some(value)).or_else(|| is_number.then(|| value.to_owned()))
}

/// The bytes of a base64 string: also of one that is URL-safe, without padding, broken into lines or
/// the rest of a `data:` URL.
pub(crate) fn base64(value: &str) -> Option<Vec<u8>> {
    let text = json_string::read(value)?;
    if let Ok(bytes) = BASE64.decode(&*text) {
        return Some(bytes);
    }
    let data = match text.trim_ascii_start().strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => &text,
    };
    let standard: Vec<u8> = data
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    BASE64.decode(standard).ok()
}

#[cfg(test)]
mod tests {
    use super::{base64, cursor, flag, size};

    /// Catches a reader of sizes that knows one spelling (googleapis/mcp-toolbox 3147), and one that
    /// rounds what it cannot hold.
    #[test]
    fn a_size_is_known_by_its_value() {
        for value in ["12", "12.0", "1.2e1", "\"12\"", "\"12.0\""] {
            assert_eq!(size(Some(value)), Some(12), "{value}");
        }
        assert_eq!(size(Some("18446744073709551615")), Some(u64::MAX));
        for value in ["-1", "1.5", "1e300", "\"\"", "\"many\"", "null", "[]", "true"] {
            assert_eq!(size(Some(value)), None, "{value}");
        }
    }

    /// Catches a decoder for one of the ways in which base64 is written (go-sdk 91, mcp_dart 161).
    #[test]
    fn base64_is_read_in_every_way_of_writing_it() {
        let bytes = [0xFB, 0xFF, 0xFE, 1];
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ", "+//+\\nAQ==\\r\\n", "+_/-AR"] {
            assert_eq!(base64(&format!("\"{text}\"")).as_deref(), Some(&bytes[..]), "{text}");
        }
        let url = base64("\"data:image/png;base64,+//+AQ==\"");
        assert_eq!(url.as_deref(), Some(&bytes[..]));
        assert_eq!(base64("\"\"").as_deref(), Some(&[][..]));
        for odd in ["\"?\"", "\"A\"", "\"data:text/plain,hi\"", "5", "null", "{}"] {
            assert_eq!(base64(odd), None, "{odd}");
        }
    }

    /// Catches an empty cursor taken for the end (2026-07-28, "Pagination"), and an error that is
    /// taken for a success because of its spelling.
    #[test]
    fn cursors_and_flags_leave_no_doubt_or_are_none() {
        assert_eq!(cursor(Some("\"\"")).as_deref(), Some(""));
        assert_eq!(cursor(Some("20")).as_deref(), Some("20"));
        assert_eq!(cursor(Some("{}")), None);
        assert_eq!(cursor(Some("null")), None);
        assert!(flag(Some("true")) && flag(Some("\"true\"")) && flag(Some("1")));
        assert!(!flag(None) && !flag(Some("null")) && !flag(Some("\"false\"")) && !flag(Some("0")));
    }
}
