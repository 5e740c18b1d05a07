//! Beginnings of what a server sent, for errors.

use crate::limits::QUOTED_BYTES;

/// The beginning of a text, at most `most` bytes, cut at a character.
pub(crate) fn cut_at_char(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// The beginning of a body as text, at most `most` bytes, cut at a character.
pub(crate) fn preview(body: &[u8], most: usize) -> String {
    // A byte that is no character becomes one of three bytes, so the cut comes after that.
    let text = String::from_utf8_lossy(body.get(..most).unwrap_or(body));
    cut_at_char(&text, most).to_owned()
}

/// What came, in the middle of a sentence: its beginning in quotes, or that there was nothing.
pub(crate) fn quote(body: &[u8]) -> String {
    let text = preview(body, QUOTED_BYTES);
    match text.trim() {
        "" => "nothing".to_owned(),
        text if body.len() > QUOTED_BYTES => format!("`{text}...`"),
        text => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;
    use crate::limits::QUOTED_BYTES;

    /// Catches a quotation that ends as if it were whole, or as if it were not.
    #[test]
    fn what_is_cut_says_so() {
        let text = |bytes| "x".repeat(bytes);
        assert_eq!(
            quote(text(QUOTED_BYTES - 1).as_bytes()),
            format!("`{}`", text(QUOTED_BYTES - 1))
        );
        assert_eq!(quote(text(QUOTED_BYTES).as_bytes()), format!("`{}`", text(QUOTED_BYTES)));
        let more = quote(text(QUOTED_BYTES + 1).as_bytes());
        assert_eq!(more, format!("`{}...`", text(QUOTED_BYTES)));
        assert_eq!(quote(b" \n"), "nothing");
    }
}
