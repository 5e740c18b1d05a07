//! Text of strangers on a terminal.
//!
//! A terminal obeys control characters: they can hide text, fake a prompt, or reprogram keys.
//! What a server sent is shown without them, also where it arrives in pieces.

use std::borrow::Cow;

/// The text with its lines, without other control characters.
pub(crate) fn visible_text(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_control(c) && c != '\n' && c != '\t')
}

/// The text on one line, without control characters.
pub(crate) fn visible_line(text: &str) -> Cow<'_, str> {
    match replace(text, |c| c != '\n' && c != '\t' && is_control(c)) {
        text if text.contains(['\n', '\t']) => Cow::Owned(text.replace(['\n', '\t'], " ")),
        text => text,
    }
}

/// A JSON text that says the same without control characters, which are in its strings alone: a terminal
/// would obey those of C1, and no reader of JSON minds an escape (RFC 8259 section 7).
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    if !json.contains(|c: char| is_control(c) && !c.is_ascii_whitespace()) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_control(c) && !c.is_ascii_whitespace() {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that reorder the text around them (Unicode TR 36, section 3.2).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn replace(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c });
    Cow::Owned(shown.collect())
}

/// Decodes UTF-8 piece by piece. What is no UTF-8, and control characters, are shown and not
/// obeyed.
#[derive(Debug, Default)]
pub(crate) struct TerminalDecoder {
    /// The beginning of a character that the next piece ends: at most three bytes.
    held: Vec<u8>,
}

impl TerminalDecoder {
    /// What to show for another piece.
    pub(crate) fn decode(&mut self, piece: &[u8]) -> String {
        self.held.extend_from_slice(piece);
        let begun = begun_character(&self.held);
        let next = self.held.split_off(self.held.len().saturating_sub(begun));
        let complete = std::mem::replace(&mut self.held, next);
        visible_text(&String::from_utf8_lossy(&complete)).into_owned()
    }

    /// What to show for a character that never ended.
    pub(crate) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        String::from_utf8_lossy(&held).into_owned()
    }
}

/// Bytes at the end that begin a character and do not end it.
fn begun_character(bytes: &[u8]) -> usize {
    let Some(last) = bytes.utf8_chunks().last() else { return 0 };
    match std::str::from_utf8(last.invalid()) {
        Err(error) if error.error_len().is_none() => last.invalid().len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a filter that lets escape sequences through, or eats the lines of a text.
    #[test]
    fn escape_sequences_lose_their_power_and_lines_stay() {
        assert_eq!(visible_text("a\x1b[2Jb\n\tc\u{9b}"), "a\u{fffd}[2Jb\n\tc\u{fffd}");
        assert_eq!(visible_text("user\u{202e}nimda"), "user\u{fffd}nimda");
    }

    /// Catches JSON that a terminal obeys, and an escape that says something else.
    #[test]
    fn json_says_the_same_without_control_characters() {
        let text = "{\"a\":\"\u{9b}2J\u{7f}\u{202e}x\\n\u{e9}\"}";
        let shown = visible_json(text);
        assert_eq!(shown, "{\"a\":\"\\u009b2J\\u007f\\u202ex\\n\u{e9}\"}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&shown), value(text));
        assert!(matches!(visible_json("{\"a\": [1,\n2]}"), Cow::Borrowed(_)));
    }

    /// Catches a message that adds lines of its own to a diagnostic.
    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(visible_line("one\nerror: two\r"), "one error: two\u{fffd}");
    }

    /// Catches characters that are lost where one piece ends and the next begins.
    #[test]
    fn a_character_may_arrive_in_pieces() {
        let text = "a\u{e9}\u{20ac}\u{1f600}b";
        for size in 1..text.len() {
            let mut decoder = TerminalDecoder::default();
            let mut shown = String::new();
            for piece in text.as_bytes().chunks(size) {
                shown.push_str(&decoder.decode(piece));
            }
            shown.push_str(&decoder.finish());
            assert_eq!(shown, text, "in pieces of {size}");
        }
    }

    /// Catches an escape sequence that gets through in two halves, and bytes that are held back for
    /// ever.
    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let mut decoder = TerminalDecoder::default();
        assert_eq!(decoder.decode(b"a\x1b"), "a\u{fffd}");
        assert_eq!(decoder.decode(b"[2J\xff\xc3"), "[2J\u{fffd}");
        assert_eq!(decoder.finish(), "\u{fffd}");
        // U+009B, the control sequence introducer, in two pieces.
        assert_eq!(decoder.decode(b"\xc2"), "");
        assert_eq!(decoder.decode(b"\x9b"), "\u{fffd}");
    }
}
