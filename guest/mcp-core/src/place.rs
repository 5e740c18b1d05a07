//! Where URLs lead, as far as a client has to know that dials nothing.

/// The origin of a URL (RFC 6454), and its path.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) origin: String,
    pub(crate) path: &'a str,
}

impl<'a> Place<'a> {
    /// None of what is no absolute URL.
    pub(crate) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let authority = authority.to_ascii_lowercase();
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let host = authority.strip_suffix(default_port).unwrap_or(&authority);
        let path = rest.split(['?', '#']).next().filter(|path| !path.is_empty());
        Some(Self { origin: format!("{scheme}://{host}"), path: path.unwrap_or("/") })
    }

    /// What a reference in an answer from here means (RFC 3986 section 5), if it stays within the
    /// origin.
    pub(crate) fn resolve(&self, reference: &str) -> Option<String> {
        let Self { origin, path } = self;
        let reference = reference.trim();
        if reference.contains("://") && !reference.starts_with(['/', '?']) {
            let same = Place::of(reference)?.origin == *origin;
            return same.then(|| reference.to_owned());
        }
        match reference.as_bytes() {
            [] | [b'/', b'/', ..] => None,
            [b'/', ..] => Some(format!("{origin}{reference}")),
            [b'?', ..] => Some(format!("{origin}{path}{reference}")),
            _ => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                Some(format!("{origin}{folder}/{reference}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::Place;

    /// Catches a reference that leads nowhere, or out of the origin with all that is sent there.
    #[test]
    fn references_are_resolved_within_the_origin() {
        let place = Place::of("http://A.example:80/api/sse?k=1").unwrap();
        for (reference, expected) in [
            ("/messages?s=1", Some("http://a.example/messages?s=1")),
            ("messages/?s=1", Some("http://a.example/api/messages/?s=1")),
            ("?s=1", Some("http://a.example/api/sse?s=1")),
            ("http://a.example/m?u=x://y", Some("http://a.example/m?u=x://y")),
            ("/m?u=http://b/", Some("http://a.example/m?u=http://b/")),
            ("http://b.example/m", None),
            ("https://a.example/m", None),
            ("//b.example/m", None),
            ("", None),
        ] {
            assert_eq!(place.resolve(reference).as_deref(), expected, "{reference}");
        }
    }
}
