//! What is left of a body that its reader has dropped.
//!
//! The reader of an event stream has what it wants with the last event; the end of the stream
//! often is in the next packet. An HTTP/1.1 connection serves another request only after a body
//! that was read to its end, so a little of it is read for that sake alone. A body that goes on
//! for longer is dropped, which closes the connection.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};

use super::limits::LINGER_BYTES;

/// Reads the end of `body` in the background, if it comes within this time.
pub(super) fn linger(body: Incoming, within: Duration) {
    // Without a runtime the connection has nobody to drive it either.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(tokio::time::timeout(within, drain(body)));
    }
}

async fn drain(mut body: Incoming) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > LINGER_BYTES {
            return;
        }
    }
}
