use alloc::string::String;
use alloc::vec::Vec;

use sandbar_exchange::{Request, Response};

use crate::delta::{Sender, TokenBucket};
use crate::jsonrpc::RequestId;

/// Names one `http/request` of a connection; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(super) u64);

/// One `http/request`, from its arrival to its last message.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) rpc_id: RequestId,
    pub(super) progress: Progress,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Progress {
    /// Not started: too many others run.
    Waiting(Request),
    /// The exchange runs and has no response yet.
    Running {
        /// What its request holds.
        bytes: usize,
    },
    /// The response is known.
    Answered,
}

/// How the body of the response travels.
#[derive(Debug)]
pub(super) enum Body {
    Streamed(Stream),
    Whole(Whole),
}

/// A body that travels as deltas.
#[derive(Debug)]
pub(super) struct Stream {
    /// The `requestId`.
    pub(super) name: String,
    pub(super) sender: Sender,
    /// Deltas that it may send; `None` for any number, as where credit was negotiated.
    pub(super) deltas: Option<TokenBucket>,
    /// Whether it stands in a queue of those that have deltas to send.
    pub(super) scheduled: bool,
    /// Whether the caller found no room and waits to be told.
    pub(super) starved: bool,
}

/// A body that travels in the response.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pub(super) head: Option<Response>,
    pub(super) bytes: Vec<u8>,
}

impl Call {
    pub(super) fn stream(&self) -> Option<&Stream> {
        match &self.body {
            Body::Streamed(stream) => Some(stream),
            Body::Whole(_) => None,
        }
    }

    pub(super) fn stream_mut(&mut self) -> Option<&mut Stream> {
        match &mut self.body {
            Body::Streamed(stream) => Some(stream),
            Body::Whole(_) => None,
        }
    }

    /// Whether somebody outside performs the exchange and would have to be told to stop.
    pub(super) fn is_live(&self) -> bool {
        match (&self.progress, &self.body) {
            (Progress::Waiting(_), _) => false,
            (Progress::Answered, Body::Streamed(stream)) => stream.sender.is_open(),
            (Progress::Running { .. } | Progress::Answered, _) => true,
        }
    }
}
