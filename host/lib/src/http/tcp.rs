//! One TCP connection out of several addresses.
//!
//! Addresses are tried in order. A next one is started when the last one failed or has kept
//! silent for a while, and the first to connect wins (RFC 8305 section 5).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;

/// Connection Attempt Delay: the value that RFC 8305 section 8 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts. Dropping the future ends all attempts.
///
/// # Errors
///
/// That all attempts failed: a refusal only if all were refused, else the last other failure.
pub(super) async fn connect_any(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::from(io::ErrorKind::ConnectionRefused);
    attempts.extend(waiting.next().map(connect));
    loop {
        let more = waiting.len() > 0;
        tokio::select! {
            finished = attempts.next() => match finished {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => {
                    if error.kind() != io::ErrorKind::ConnectionRefused {
                        failure = error;
                    }
                    attempts.extend(waiting.next().map(connect));
                }
                None => return Err(failure),
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if more => {
                attempts.extend(waiting.next().map(connect));
            }
        }
    }
}

/// Requests are written whole, so there is nothing for Nagle's algorithm to collect.
async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
