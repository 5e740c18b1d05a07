//! Paths of requests, and prefixes that a rule allows or denies.
//!
//! Servers read one path in several ways: some decode `%2f` before they split it and some after, some
//! take a backslash for a slash, some drop what follows a semicolon. A prefix is allowed only where
//! every reading is below it, and denied where one is.

use std::fmt;

/// A prefix of paths, of whole segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix(String);

/// What is written for a path is none that could be a prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` cannot be a prefix of paths: {reason}")]
pub struct InvalidPath {
    written: String,
    reason: &'static str,
}

/// The path of a request, in its readings.
#[derive(Clone, Debug)]
pub(crate) struct RequestPath<'a> {
    /// As it is sent.
    sent: &'a str,
    /// With all that can be decoded decoded, parameters dropped, and empty segments too.
    decoded: String,
    /// Whether a reading of it goes up or stays: `..` and `.`, in any disguise.
    climbs: bool,
    /// Whether parameters of a segment have a separator in them. Who drops them before decoding drops more
    /// than who decodes first, so that the segments behind them have more than one place.
    swallows: bool,
}

impl PathPrefix {
    /// What is written in a policy: `/mcp` is the path `/mcp` and what is below it, `/mcp/` only what
    /// is below.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPath> {
        let invalid = |reason| Err(InvalidPath { written: text.to_owned(), reason });
        if !text.starts_with('/') {
            return invalid("it does not begin with a slash");
        }
        if text.contains(['?', '#']) {
            return invalid("queries and fragments are not judged");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return invalid("it has characters that a URL would encode");
        }
        if text.contains(['%', '\\', ';']) || text.contains("//") {
            return invalid("it has more than one reading");
        }
        let path = RequestPath::new(text);
        if path.climbs {
            return invalid("it has segments like `..`");
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether this is all paths.
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// Whether every reading of a path is below this prefix.
    pub(crate) fn contains(&self, path: &RequestPath<'_>) -> bool {
        self.is_root() || !path.climbs && self.is_of(path.sent) && self.is_of(&path.decoded)
    }

    /// Whether some reading of a path is below this prefix, in either case: some servers have one.
    pub(crate) fn touches(&self, path: &RequestPath<'_>) -> bool {
        let prefix = Self(self.0.to_ascii_lowercase());
        let is_of = |reading: &str| prefix.is_of(&reading.to_ascii_lowercase());
        path.climbs || path.swallows || is_of(path.sent) || is_of(&path.decoded)
    }

    fn is_of(&self, path: &str) -> bool {
        match path.strip_prefix(self.0.as_str()) {
            Some(rest) => self.0.ends_with('/') || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

impl<'a> RequestPath<'a> {
    /// The readings of a path, which is without its query.
    pub(crate) fn new(sent: &'a str) -> Self {
        let sent = if sent.is_empty() { "/" } else { sent };
        let decoded = fully_decoded(sent);
        let mut path = String::from("/");
        let mut climbs = false;
        for segment in decoded.split(|byte| matches!(byte, b'/' | b'\\')) {
            // Parameters of a segment, which some servers drop (RFC 3986 section 3.3).
            let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
            climbs |= matches!(name, b"." | b"..");
            if name.is_empty() {
                continue;
            }
            if !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(&String::from_utf8_lossy(name));
        }
        let ends = matches!(decoded.last(), Some(b'/' | b'\\'));
        if ends && !path.ends_with('/') {
            path.push('/');
        }
        let swallows = sent.split('/').any(|segment| {
            let decoded = fully_decoded(segment);
            let mut parameters = decoded.iter().skip_while(|byte| **byte != b';');
            parameters.any(|byte| matches!(byte, b'/' | b'\\'))
        });
        Self { sent, decoded: path, climbs, swallows }
    }
}

/// A path with every `%` and two digits decoded, and what that makes, until there is none.
fn fully_decoded(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    for byte in path.bytes() {
        decoded.push(byte);
        // The last three, which may complete a code that began with a decoded `%`.
        while let [.., b'%', high, low] = decoded.as_slice() {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
            decoded.truncate(decoded.len().saturating_sub(3));
            decoded.push(high.wrapping_mul(16).wrapping_add(low));
        }
    }
    decoded
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn allowed(prefix: &str, path: &str) -> bool {
        PathPrefix::parse(prefix).unwrap().contains(&RequestPath::new(path))
    }

    fn denied(prefix: &str, path: &str) -> bool {
        PathPrefix::parse(prefix).unwrap().touches(&RequestPath::new(path))
    }

    /// Catches a prefix of characters rather than of segments, and one that has not itself.
    #[test]
    fn a_prefix_is_of_whole_segments() {
        for path in ["/mcp", "/mcp/", "/mcp/x", "/mcp//x", "/mcp/a%20b", "/mcp/%41", "/mcp/a;v=1"] {
            assert!(allowed("/mcp", path), "{path}");
        }
        for path in ["/", "", "/mcpx", "/MCP", "/x/mcp", "/mc"] {
            assert!(!allowed("/mcp", path), "{path}");
        }
        assert!(allowed("/mcp/", "/mcp/x") && !allowed("/mcp/", "/mcp"));
        assert!(allowed("/", "/anything/../at/all"));
    }

    /// Catches a path that one server reads as another: decoded once more, with backslashes, with
    /// parameters, with an encoded slash.
    #[test]
    fn no_reading_leaves_an_allowed_prefix() {
        for path in [
            "/mcp/../admin",
            "/mcp/%2e%2e/admin",
            "/mcp/.%2E/admin",
            "/mcp/%252e%252e/admin",
            "/mcp/%25252e%25252e/admin",
            "/mcp/%%32%65%%32%65/admin",
            "/mcp/..%2fadmin",
            "/mcp/..%5cadmin",
            "/mcp\\..\\admin",
            "/mcp/..;/admin",
            "/mcp/..;x=1/admin",
            "/mcp/x%2fy/../../admin",
            "/mcp/.",
            "/admin/..%2fmcp",
            "//admin/mcp",
            "/%6dcp/x",
        ] {
            assert!(!allowed("/mcp", path), "{path}");
        }
    }

    /// Catches a denied path in another spelling: that of a server which decodes, or folds case.
    #[test]
    fn one_reading_within_a_denied_prefix_is_enough() {
        for path in [
            "/admin",
            "/admin/x",
            "/ADMIN",
            "/%61dmin",
            "/%2561dmin",
            "//admin",
            "/\\admin",
            "/;x/admin",
            "/admin;x",
            "/mcp/../admin",
            "/mcp/%2e%2e%2fadmin",
            "/;%2fx/admin",
            "/;x%5cy/admin",
            "/;%252fx/admin",
            "/%3bx%2fy/admin",
        ] {
            assert!(denied("/admin", path), "{path}");
        }
        for path in ["/", "/administrator", "/mcp/admin", "/mcp;x=1/admin", "/a%2fb;x/admin"] {
            assert!(!denied("/admin", path), "{path}");
        }
    }

    /// Catches a prefix that would not be found in any path, or in others than it seems.
    #[test]
    fn a_prefix_has_one_reading() {
        for text in [
            "", "mcp", "/a?b", "/a#b", "/a/../b", "/a/.", "/a%2fb", "/a\\b", "/a;b", "//a", "/ä",
            "/a b",
        ] {
            assert!(PathPrefix::parse(text).is_err(), "{text}");
        }
    }
}
