//! Bytes of a pipe, cut into lines.

/// What a piece of the pipe completes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line that was longer than it may be. What follows is read as ever.
    TooLong,
}

/// The line that is being received.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    most: usize,
    /// The rest of a line that is too long is passed over.
    skips: bool,
}

impl Lines {
    /// `most` is the longest line, without its end.
    pub(crate) const fn new(most: usize) -> Self {
        Self { buffer: Vec::new(), most, skips: false }
    }

    /// The longest line, without its end.
    pub(crate) const fn longest(&self) -> usize {
        self.most
    }

    /// Takes the next line out of `input`, and leaves what is behind it. None where more is needed.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Option<Line> {
        loop {
            let end = memchr::memchr(b'\n', input);
            let (part, rest) = match end {
                Some(at) => {
                    let (part, rest) = input.split_at(at);
                    (part, rest.get(1..).unwrap_or_default())
                }
                None => (*input, &[][..]),
            };
            *input = rest;
            if self.skips {
                end?;
                self.skips = false;
                continue;
            }
            if self.buffer.len().saturating_add(part.len()) > self.most {
                self.buffer = Vec::new();
                self.skips = end.is_none();
                return Some(Line::TooLong);
            }
            self.buffer.extend_from_slice(part);
            end?;
            return Some(Line::Whole(core::mem::take(&mut self.buffer)));
        }
    }

    /// What there is of a line that nobody ended.
    pub(crate) fn end(&mut self) -> Option<Line> {
        let rest = core::mem::take(&mut self.buffer);
        (!rest.is_empty()).then_some(Line::Whole(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines};

    fn lines(most: usize, chunks: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::new(most);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut input = *chunk;
            while let Some(line) = lines.next(&mut input) {
                found.push(line);
            }
        }
        found.extend(lines.end());
        found
    }

    /// Catches a reader that loses what it has of a line between two reads, and one that drops the
    /// last line because nobody ended it.
    #[test]
    fn lines_are_cut_wherever_the_pipe_is() {
        let text = b"one\ntwo\r\n\nlast";
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        let expected = [whole(b"one"), whole(b"two\r"), whole(b""), whole(b"last")];
        for at in 0..text.len() {
            let (before, after) = text.split_at(at);
            assert_eq!(lines(64, &[before, after]), expected, "cut at {at}");
        }
    }

    /// Catches a limit that counts the line end, one that is found out only when the line is whole, and
    /// one after which the next line is lost.
    #[test]
    fn a_line_that_is_too_long_is_passed_over_alone() {
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        assert_eq!(lines(3, &[b"abc\nd\n"]), [whole(b"abc"), whole(b"d")]);
        assert_eq!(lines(3, &[b"abcd\nd\n"]), [Line::TooLong, whole(b"d")]);
        assert_eq!(lines(3, &[b"ab", b"cd", b"ef\nd\n"]), [Line::TooLong, whole(b"d")]);
        assert_eq!(lines(3, &[b"abcd"]), [Line::TooLong]);
    }
}
