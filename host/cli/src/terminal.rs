//! Text of strangers on a terminal.
//!
//! A terminal obeys control characters: they can hide text, fake a prompt, or reprogram keys.
//! What a server sent is shown without them.

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a filter that lets escape sequences through, or eats the lines of a text.
    #[test]
    fn escape_sequences_lose_their_power_and_lines_stay() {
        assert_eq!(visible_text("a\x1b[2Jb\n\tc\u{9b}"), "a\u{fffd}[2Jb\n\tc\u{fffd}");
        assert_eq!(visible_text("user\u{202e}nimda"), "user\u{fffd}nimda");
    }

    /// Catches a message that adds lines of its own to a diagnostic.
    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(visible_line("one\nerror: two\r"), "one error: two\u{fffd}");
    }
}
