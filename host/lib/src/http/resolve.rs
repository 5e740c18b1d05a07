//! Names to addresses, once per connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::error::DialError;
use sandbar_policy::Target;

/// The addresses of the target, at most `limit`, in the order of the system's resolver
/// (RFC 6724). What is returned is what may be dialled: nothing resolves the name again.
pub(super) async fn resolve(target: &Target, limit: u8) -> Result<Vec<SocketAddr>, DialError> {
    let name = match target.host() {
        url::Host::Ipv4(address) => return Ok(vec![(*address, target.port()).into()]),
        url::Host::Ipv6(address) => return Ok(vec![(*address, target.port()).into()]),
        url::Host::Domain(name) => name,
    };
    let failed =
        |source: io::Error| DialError::Dns { host: name.clone(), source: Arc::new(source) };
    let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), target.port()))
        .await
        .map_err(failed)?
        .take(limit.into())
        .collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(addresses)
}
