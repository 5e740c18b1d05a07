use alloc::string::String;
use core::fmt;

use sandbar_exchange::{Failure, Response};

use super::CallId;
use crate::extensions::Extensions;
use crate::limits::MAX_MESSAGE_BYTES;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The handshake is complete. Comes once, before any event of a call that succeeds.
    Connected {
        /// What was negotiated; nothing with a stock executor.
        extensions: Extensions,
    },
    /// The response of a call has begun; read its body with
    /// [`read`](super::ClientSession::read).
    Head {
        /// The call.
        call: CallId,
        /// Its head. `url` is that of the request where the executor does not say.
        response: Response,
    },
    /// The call failed before its response began, and is over.
    Failed {
        /// The call.
        call: CallId,
        /// Why.
        failure: Failure,
    },
    /// There is something to read where [`read`](super::ClientSession::read) found nothing.
    Readable {
        /// The call, which may have been cancelled meanwhile.
        call: CallId,
    },
    /// The connection is of no use any more; drop it. Comes once. Open calls fail after it, their
    /// bodies after what was received has been read.
    Closed(CloseReason),
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// It was lost; the words are the caller's.
    Disconnected(String),
    /// The executor refused `initialize`.
    InitializeRefused {
        /// The JSON-RPC code.
        code: i64,
        /// The JSON-RPC message.
        message: String,
    },
    /// The executor could not read a message of ours, so a call waits for ever.
    MessageRefused(String),
    /// A message could not be read, so a delta may be missing. The executor's fault.
    Malformed(String),
    /// More than [`MAX_MESSAGE_BYTES`]. The executor's fault.
    MessageTooLong,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => f.write_str(reason),
            Self::InitializeRefused { code, message } => {
                write!(f, "executor refused to initialize ({code}): {message}")
            }
            Self::MessageRefused(text) => write!(f, "executor refused a message: {text}"),
            Self::Malformed(text) => write!(f, "executor sent a malformed message: {text}"),
            Self::MessageTooLong => {
                write!(f, "executor sent a message of more than {MAX_MESSAGE_BYTES} bytes")
            }
        }
    }
}

impl core::error::Error for CloseReason {}
