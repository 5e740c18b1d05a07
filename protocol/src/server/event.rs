use alloc::string::String;
use core::fmt;

use sandbar_exchange::Request;

use super::CallId;
use crate::limits::MAX_MESSAGE_BYTES;

/// What the executor has to do. Events of one call come in the order listed.
#[derive(Debug)]
pub enum Event {
    /// Perform a request. Answer through [`ServerSession::call`](super::ServerSession::call).
    StartRequest {
        /// Names the call from now on.
        call: CallId,
        /// What to send. Of the URL, only scheme and authority have been looked at.
        request: Request,
    },
    /// There is room again for a body that found none in [`room`](super::CallMut::room).
    Writable {
        /// The call, which may have ended meanwhile.
        call: CallId,
    },
    /// Stop the exchange and close its connection upstream. The call is over.
    Cancel {
        /// The call.
        call: CallId,
    },
    /// Drop the connection, as a stock executor does. Comes once; every call is cancelled
    /// after it.
    Close(CloseReason),
}

/// Why a connection is cut. The peer's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A notification that was not negotiated.
    UnknownNotification(String),
    /// A negotiated notification whose parameters are not its own.
    InvalidNotification(String),
    /// `initialized` before an `initialize` that succeeded.
    InitializedTooEarly,
    /// An answer to nothing: an executor asks for nothing.
    UnexpectedResponse,
    /// More than [`MAX_MESSAGE_BYTES`].
    MessageTooLong,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNotification(method) => write!(f, "unknown notification `{method}`"),
            Self::InvalidNotification(text) => write!(f, "invalid notification: {text}"),
            Self::InitializedTooEarly => f.write_str("initialized came before initialize"),
            Self::UnexpectedResponse => f.write_str("response to no request"),
            Self::MessageTooLong => {
                write!(f, "message is longer than {MAX_MESSAGE_BYTES} bytes")
            }
        }
    }
}

impl core::error::Error for CloseReason {}
