//! The URL of a server, and `--listen`: addresses as people type them.

use std::net::SocketAddr;

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
        // It may hold a password, which clap would show. What is wrong with it, the library says.
        if text.contains('@') {
            return Ok(text.to_owned());
        }
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

/// Why a text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListenAddressError {
    /// It does not begin with `ws://`.
    #[error("must begin with ws://, like ws://127.0.0.1:0")]
    Scheme,
    /// There is no literal address, or no port.
    #[error("expected a literal IP address and a port after ws://, like 127.0.0.1:0 or [::1]:0")]
    Address,
}

/// Reads `ws://IP:PORT`. Names are refused: which of their addresses would be listened on, and
/// whether only this machine reaches it, would be up to a resolver.
pub(crate) fn parse_listen_address(text: &str) -> Result<SocketAddr, ListenAddressError> {
    let address = text.strip_prefix("ws://").ok_or(ListenAddressError::Scheme)?;
    let address = address.strip_suffix('/').unwrap_or(address);
    address.parse().map_err(|_invalid| ListenAddressError::Address)
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

    /// Catches IPv6 addresses that are not understood, and a URL that its own output is not.
    #[test]
    fn literal_addresses_of_both_families_are_read() {
        for (text, address) in [
            ("ws://127.0.0.1:0", SocketAddr::from(([127, 0, 0, 1], 0))),
            ("ws://127.0.0.1:80/", SocketAddr::from(([127, 0, 0, 1], 80))),
            ("ws://[::1]:9", SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9))),
        ] {
            assert_eq!(parse_listen_address(text), Ok(address), "{text}");
        }
    }

    /// Catches a name that is resolved, a port that is made up, and TLS that is not there.
    #[test]
    fn everything_else_is_refused() {
        for (text, error) in [
            ("127.0.0.1:0", ListenAddressError::Scheme),
            ("wss://127.0.0.1:0", ListenAddressError::Scheme),
            ("ws://localhost:0", ListenAddressError::Address),
            ("ws://127.0.0.1", ListenAddressError::Address),
            ("ws://127.0.0.1:0/path", ListenAddressError::Address),
        ] {
            assert_eq!(parse_listen_address(text), Err(error), "{text}");
        }
    }
}
