//! Whether the client has taken everything out of its receive buffer.
//!
//! Both ends of the connection are on this machine, so Linux tells: `/proc/net/tcp` lists each
//! socket with the bytes that its owner has not read yet. That is the handshake that makes two
//! parts of a message two reads, without help from the client under test.

use std::net::SocketAddr;

/// Waits until the client's end has no unread bytes. A client that is gone has none.
#[cfg(target_os = "linux")]
pub(crate) async fn emptied(client: SocketAddr, server: SocketAddr) {
    while unread_bytes(client, server).is_some_and(|bytes| bytes > 0) {
        // Other tasks run, and so does a client on the same single-threaded runtime.
        tokio::task::yield_now().await;
    }
}

/// Other systems do not tell; there, parts may arrive together and split tests prove less.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn emptied(_client: SocketAddr, _server: SocketAddr) {
    tokio::task::yield_now().await;
}

#[cfg(target_os = "linux")]
fn unread_bytes(client: SocketAddr, server: SocketAddr) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux lists its sockets");
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let is_local = has_port(columns.next()?, client.port());
        let is_remote = has_port(columns.next()?, server.port());
        let (_sent, received) = columns.nth(1)?.split_once(':')?;
        (is_local && is_remote).then(|| u64::from_str_radix(received, 16).ok())?
    })
}

/// Addresses are written as `0100007F:1F90`.
#[cfg(target_os = "linux")]
fn has_port(address: &str, port: u16) -> bool {
    address.split_once(':').is_some_and(|(_, digits)| u16::from_str_radix(digits, 16) == Ok(port))
}
