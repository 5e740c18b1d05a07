//! The URL of a server.

/// Why a text is no URL of a server. What else may be wrong with it, the library says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ServerUrlError {
    /// The scheme is missing.
    #[error("the URL must begin with http:// or https://; did you mean `{suggestion}`?")]
    NoScheme {
        /// The text with the scheme that it probably lacks.
        suggestion: String,
    },
    /// The scheme is one of those that MCP does not travel over.
    #[error("the URL must begin with http:// or https://, not with {scheme}://")]
    OtherScheme {
        /// The scheme.
        scheme: String,
    },
}

/// Checks that the scheme was given: `localhost:3000` would parse as a URL, with the scheme
/// `localhost`.
pub(crate) fn parse_server_url(text: &str) -> Result<String, ServerUrlError> {
    let Some((scheme, _)) = text.split_once("://") else {
        let scheme = if is_loopback(text) { "http" } else { "https" };
        return Err(ServerUrlError::NoScheme { suggestion: format!("{scheme}://{text}") });
    };
    if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        return Ok(text.to_owned());
    }
    Err(ServerUrlError::OtherScheme { scheme: scheme.to_owned() })
}

fn is_loopback(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or(text);
    ["localhost", "127.", "[::1]"].iter().any(|host| authority.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion(suggestion: &str) -> Result<String, ServerUrlError> {
        Err(ServerUrlError::NoScheme { suggestion: suggestion.to_owned() })
    }

    /// Catches a check that takes `localhost:` for a scheme, or suggests TLS for loopback.
    #[test]
    fn a_url_without_a_scheme_gets_the_likely_one() {
        assert_eq!(parse_server_url("localhost:1/mcp"), suggestion("http://localhost:1/mcp"));
        assert_eq!(parse_server_url("mcp.example.com"), suggestion("https://mcp.example.com"));
    }

    /// Catches a comparison that knows lower case only (RFC 3986 section 3.1), and one that lets
    /// any scheme pass.
    #[test]
    fn only_http_and_https_pass() {
        assert_eq!(parse_server_url("HTTPS://a/"), Ok("HTTPS://a/".to_owned()));
        let scheme = "ws".to_owned();
        assert_eq!(parse_server_url("ws://a/"), Err(ServerUrlError::OtherScheme { scheme }));
    }
}
