//! Texts of strangers, made fit to be shown and sent.

use crate::limits::SHOWN_BYTES;

/// The beginning of a text, without what a terminal obeys or what turns the direction of reading.
pub(crate) fn shown(text: &str) -> String {
    let cut = text.get(..text.floor_char_boundary(SHOWN_BYTES)).unwrap_or(text);
    cut.chars().map(|char| if is_harmless(char) { char } else { '\u{fffd}' }).collect()
}

fn is_harmless(char: char) -> bool {
    !char.is_control()
        && !matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text may be the value of a credential: visible characters of ASCII alone (RFC 6749
/// appendix A.12), so that none ends a header field or a line early.
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a description that repaints the terminal, and one that reads backwards.
    #[test]
    fn what_is_shown_obeys_nobody() {
        assert_eq!(shown("a\x1b[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(shown(&"é".repeat(400)).len(), SHOWN_BYTES);
    }

    /// Catches a token with a line end, which would be a header field of the server's choice.
    #[test]
    fn a_credential_is_visible_text() {
        assert!(is_visible("abc.DEF-_~+/="));
        for other in ["", "a b", "a\r\nx: y", "\u{e9}", "a\0"] {
            assert!(!is_visible(other), "{other:?}");
        }
    }
}
