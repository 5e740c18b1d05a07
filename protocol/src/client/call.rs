use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use sandbar_exchange::{ErrorCode, Failure, Request};

use crate::delta::Receiver;
use crate::http::{FieldError, InvalidRequest};
use crate::jsonrpc::RequestId;
use crate::limits::{MAX_CALLS, WAITING_BYTES};

/// The JSON-RPC id of `initialize`; those of calls follow.
pub(super) const INITIALIZE_ID: RequestId = RequestId::Number(1);

/// Names one call of a connection; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u32);

impl CallId {
    /// The call after `last`, unless the connection has used up its ids.
    pub(super) fn after(last: u32) -> Option<Self> {
        last.checked_add(1).map(Self)
    }

    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// The JSON-RPC id.
    pub(super) fn rpc_id(self) -> RequestId {
        RequestId::Number(i64::from(self.0) + 1)
    }

    pub(super) fn of_rpc_id(id: &RequestId) -> Option<Self> {
        match id {
            RequestId::Number(number) => u32::try_from(number.checked_sub(1)?).ok().map(Self),
            RequestId::String(_) => None,
        }
    }

    /// The `requestId`, as stock clients form it.
    pub(super) fn stream_name(self) -> String {
        format!("http-{}", self.0)
    }

    pub(super) fn of_stream_name(name: &str) -> Option<Self> {
        let digits = name.strip_prefix("http-")?;
        // Only the form that was sent: not "http-01", not "http-+1".
        let canonical = !digits.starts_with(['0', '+']);
        digits.parse().ok().filter(|_| canonical).map(Self)
    }
}

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The connection has ended.
    Closed,
    /// The caller's mistake: the request is not one that can be sent.
    Invalid(InvalidRequest),
    /// Our own limit: [`MAX_CALLS`] are open.
    TooManyCalls,
    /// Our own limit: [`WAITING_BYTES`] of requests wait to be sent.
    TooManyBytes,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("connection to the executor has ended"),
            Self::Invalid(error) => error.fmt(f),
            Self::TooManyCalls => write!(f, "more than {MAX_CALLS} calls are open"),
            Self::TooManyBytes => write!(f, "more than {WAITING_BYTES} bytes wait to be sent"),
        }
    }
}

impl core::error::Error for RequestError {}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::unsent(match error {
            RequestError::Closed => ErrorCode::Disconnected(error.to_string()),
            RequestError::Invalid(invalid) => invalid.code(),
            RequestError::TooManyCalls => ErrorCode::limit("calls", MAX_CALLS),
            RequestError::TooManyBytes => ErrorCode::limit("waiting-bytes", WAITING_BYTES),
        })
    }
}

impl From<FieldError> for RequestError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(error.into())
    }
}

/// One call, from the request to the last read.
#[derive(Debug)]
pub(super) enum Call {
    /// Not sent yet.
    Waiting(Request),
    /// Sent.
    Active(Active),
}

#[derive(Debug)]
pub(super) struct Active {
    pub(super) receiver: Receiver,
    /// Where it was sent, until the response is known.
    pub(super) url: String,
    /// The credit that was granted at first, which is the most that it ever is.
    pub(super) window: usize,
    /// Whether the response is known.
    pub(super) answered: bool,
    /// Whether the reader found nothing and waits to be told.
    pub(super) reader_waits: bool,
    /// Whether it stands in the queue of those that have credit to grant.
    pub(super) grant_queued: bool,
}

impl Call {
    pub(super) fn active_mut(&mut self) -> Option<&mut Active> {
        match self {
            Self::Waiting(_) => None,
            Self::Active(active) => Some(active),
        }
    }
}

impl Active {
    pub(super) fn new(url: String, credit: Option<usize>) -> Self {
        Self {
            receiver: Receiver::new(credit),
            url,
            window: credit.unwrap_or(0),
            answered: false,
            reader_waits: false,
            grant_queued: false,
        }
    }
}
