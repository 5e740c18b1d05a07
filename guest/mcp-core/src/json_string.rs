//! JSON strings, from their text to what they mean.
//!
//! Done in the memory that holds the text: what an escape means is never longer than its spelling.
//! A large result is mostly one string, and would otherwise be held twice, if not three times.

use std::borrow::Cow;

use memchr::memchr;

/// What a JSON string, with its quotes, means; none of every other value. The text must be one that
/// was checked.
pub fn read(json: &str) -> Option<Cow<'_, str>> {
    let inside = inside(json)?;
    match memchr(b'\\', inside.as_bytes()) {
        None => Some(Cow::Borrowed(inside)),
        Some(_) => unescape(inside.to_owned()).map(Cow::Owned),
    }
}

/// Whether a JSON string, with its quotes, means `text`.
pub(crate) fn spells(json: &str, text: &str) -> bool {
    inside(json) == Some(text) || read(json).is_some_and(|meaning| meaning == text)
}

/// A JSON string without its quotes; none of every other value.
pub(crate) fn inside(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// What the inside of a string, without its quotes, means. The text must be from a JSON string that
/// was checked. What that check leaves open are halves of surrogate pairs (RFC 8259 section 8.2):
/// each becomes U+FFFD, as in every decoder that has no way to keep it. None where an escape is none.
pub(crate) fn unescape(text: String) -> Option<String> {
    let Some(first) = memchr(b'\\', text.as_bytes()) else {
        return Some(text);
    };
    let mut bytes = text.into_bytes();
    let (mut read, mut written) = (first, first);
    while read < bytes.len() {
        let (meaning, spelling) = escape(bytes.get(read..)?)?;
        read += spelling;
        // There is room: the escape that was read is at least as long.
        written += meaning.encode_utf8(bytes.get_mut(written..read)?).len();
        let rest = bytes.get(read..)?;
        let plain = memchr(b'\\', rest).unwrap_or(rest.len());
        bytes.copy_within(read..read + plain, written);
        read += plain;
        written += plain;
    }
    bytes.truncate(written);
    String::from_utf8(bytes).ok()
}

/// What the escape at the beginning of `text` means, and how many bytes spell it.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let meaning = match text.get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(text),
        same @ (b'"' | b'\\' | b'/') => char::from(*same),
        _ => return None,
    };
    Some((meaning, 2))
}

/// A `\uXXXX`, or two that are a surrogate pair.
fn unicode_escape(text: &[u8]) -> Option<(char, usize)> {
    let unit = code_unit(text)?;
    if let Some(meaning) = char::from_u32(unit.into()) {
        return Some((meaning, 6));
    }
    let other = text.get(6..).and_then(code_unit);
    match other.map(|other| char::decode_utf16([unit, other]).next()) {
        Some(Some(Ok(meaning))) => Some((meaning, 12)),
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let digits = core::str::from_utf8(digits).ok()?;
    // The standard library would take a sign, too.
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{read, spells, unescape};

    fn quoted(text: &str) -> String {
        let json = serde_json::to_string(text).unwrap();
        json[1..json.len() - 1].to_owned()
    }

    /// Catches an escape that is read wrong, or whose neighbours are moved to the wrong place.
    #[test]
    fn every_escape_means_what_it_spells() {
        let text = r#"a\"b\\c\/d\be\ff\ng\rh\ti\u0041j\u00e9k\u20acl\ud83d\ude00mé€😀\n"#;
        let expected = "a\"b\\c/d\u{8}e\u{c}f\ng\rh\tiAjék€l😀mé€😀\n";
        assert_eq!(unescape(text.to_owned()).unwrap(), expected);
    }

    /// Catches a decoder that handles the first or the last character apart, and gets it wrong.
    #[test]
    fn what_was_escaped_comes_back() {
        for text in ["", "plain", "\n", "\n\n", "a\n", "\na", "\u{1}", "é\u{1}é", "\\\\", "😀\"😀"]
        {
            assert_eq!(unescape(quoted(text)).unwrap(), text);
        }
    }

    /// Catches a half of a pair that takes everything around it down, or its neighbour with it
    /// (python-sdk 342, playwright-mcp 1410).
    #[test]
    fn half_of_a_surrogate_pair_is_replaced_and_nothing_else() {
        for (text, expected) in [
            (r"\ud83d", "\u{FFFD}"),
            (r"\ude00", "\u{FFFD}"),
            (r"a\uD83Dx", "a\u{FFFD}x"),
            (r"\ud83d\n", "\u{FFFD}\n"),
            (r"\ud83d\u0041", "\u{FFFD}A"),
            (r"\ude00\ud83d", "\u{FFFD}\u{FFFD}"),
            (r"\ud83d\ud83d\ude00", "\u{FFFD}😀"),
            (r"\ud83d\\ude00", "\u{FFFD}\\ude00"),
        ] {
            assert_eq!(unescape(text.to_owned()).as_deref(), Some(expected), "{text}");
        }
    }

    /// Catches a name that is looked for as it is spelled, and a number taken for a string.
    #[test]
    fn a_string_is_known_by_what_it_means() {
        assert!(spells(r#""a""#, "a") && spells(r#""\u0061""#, "a"));
        assert!(!spells("a", "a") && !spells(r#""b""#, "a") && !spells("1", "1"));
        assert_eq!(read(r#""\ud800""#).as_deref(), Some("\u{FFFD}"));
        assert_eq!(read("null"), None);
    }

    /// Catches an index that runs past the end of a text that nobody checked.
    #[test]
    fn an_escape_that_is_cut_off_means_nothing() {
        for text in [r"\", r"a\", r"\u", r"\u12", r"\u+123", r"\x"] {
            assert_eq!(unescape(text.to_owned()), None, "{text}");
        }
    }
}
