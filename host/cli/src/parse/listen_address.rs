//! `--listen`: an address for WebSockets.

use std::net::SocketAddr;

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
