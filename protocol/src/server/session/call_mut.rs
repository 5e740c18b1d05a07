//! One call, from the side that performs its exchange.

use alloc::vec::Vec;
use core::fmt;

use sandbar_exchange::{ErrorCode, Failure, Response};

use super::ServerSession;
use crate::http::wire_head;
use crate::jsonrpc;
use crate::limits::{BUFFERED_BODY_BYTES, CONNECTION_BUFFERED_BYTES, SEND_BUFFER_BYTES};
use crate::server::call::{Body, CallId, Progress};
use crate::stock::Stage;

/// A call that is not over: what [`ServerSession::call`] gives out, for one step of its exchange.
///
/// A response, then its body piece by piece, then its end; or a failure, at any point.
#[derive(Debug)]
pub struct CallMut<'a> {
    pub(super) session: &'a mut ServerSession,
    pub(super) id: CallId,
}

/// A mistake of whoever performs an exchange. The call is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// A second head, a body or an end before the head.
    OutOfOrder,
    /// More bytes than [`CallMut::room`] said.
    NoRoom,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "the call is not at that point",
            Self::NoRoom => "the body is longer than there is room for",
        })
    }
}

impl core::error::Error for Misuse {}

impl CallMut<'_> {
    /// The response has begun. Its body follows with [`body`](Self::body) and
    /// [`finish`](Self::finish). A head that is too long to be sent ends the call.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] for a second one.
    pub fn respond(self, head: Response) -> Result<(), Misuse> {
        let Self { session, id } = self;
        if !session.calls.answer(id) {
            return Err(Misuse::OutOfOrder);
        }
        let extensions = session.handshake.extensions();
        if let Some(state) = session.calls.get_mut(id) {
            match &mut state.body {
                Body::Streamed(_) => {
                    let head = wire_head(&head, &[], extensions);
                    let message = jsonrpc::response(&state.rpc_id, &head);
                    session.push_response(id, message);
                }
                Body::Whole(whole) => whole.head = Some(head),
            }
        }
        Ok(())
    }

    /// How many bytes of the body may be passed on now. If none, wait for
    /// [`Event::Writable`](crate::server::Event::Writable).
    pub fn room(self) -> usize {
        let Self { session, id } = self;
        let connection = session.outbound.body_room();
        match session.calls.get_mut(id).map(|state| &mut state.body) {
            None => 0,
            Some(Body::Whole(_)) => SEND_BUFFER_BYTES,
            Some(Body::Streamed(stream)) => {
                let room = stream.sender.room().min(connection);
                if room == 0 && !stream.starved {
                    stream.starved = true;
                    session.outbound.insert_starved(id);
                }
                room
            }
        }
    }

    /// Passes on the next bytes of the body: at most what [`room`](Self::room) said when it was
    /// last asked. A body that is collected and exceeds its limit ends the call.
    ///
    /// Callers that all asked before any of them passes bytes on may together exceed
    /// [`CONNECTION_SEND_BYTES`](crate::limits::CONNECTION_SEND_BYTES), each by its own buffer.
    ///
    /// # Errors
    ///
    /// [`Misuse`]
    pub fn body(self, bytes: Vec<u8>) -> Result<(), Misuse> {
        self.check_answered()?;
        let Self { session, id } = self;
        match session.calls.get_mut(id).map(|state| &mut state.body) {
            Some(Body::Streamed(stream)) => {
                if bytes.len() > stream.sender.room() {
                    return Err(Misuse::NoRoom);
                }
                let len = bytes.len();
                stream.sender.push(bytes);
                session.outbound.add_body_bytes(len);
                session.schedule(id);
            }
            Some(Body::Whole(_)) => session.collect(id, &bytes),
            None => {}
        }
        Ok(())
    }

    /// The body has ended. The call is over for the caller; what is queued is still sent.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] before the head.
    pub fn finish(self, outcome: Result<(), Failure>) -> Result<(), Misuse> {
        self.check_answered()?;
        self.end(outcome);
        Ok(())
    }

    /// The exchange failed, wherever it was. The call is over.
    pub fn fail(self, failure: Failure) {
        match self.check_answered() {
            Ok(()) => self.end(Err(failure)),
            Err(_unanswered) => self.session.fail_call(self.id, &failure, Stage::Head),
        }
    }

    /// Ends a call that was answered.
    fn end(self, outcome: Result<(), Failure>) {
        let Self { session, id } = self;
        match (session.calls.get_mut(id).map(|state| &mut state.body), outcome) {
            (Some(Body::Streamed(stream)), outcome) => {
                stream.sender.finish(outcome);
                session.schedule(id);
            }
            (_, Err(failure)) => session.fail_call(id, &failure, Stage::BufferedBody),
            (_, Ok(())) => session.respond_whole(id),
        }
    }

    fn check_answered(&self) -> Result<(), Misuse> {
        match self.session.calls.get(self.id).map(|state| &state.progress) {
            Some(Progress::Answered) => Ok(()),
            _ => Err(Misuse::OutOfOrder),
        }
    }
}

/// Bodies that travel in the response.
impl ServerSession {
    fn collect(&mut self, call: CallId, bytes: &[u8]) {
        let total = self.buffered_bytes.saturating_add(bytes.len());
        // Responses that a slow client has not taken hold collected bytes as well.
        let held = total.saturating_add(self.outbound.reply_bytes());
        let Some(Body::Whole(whole)) = self.calls.get_mut(call).map(|state| &mut state.body) else {
            return;
        };
        let exceeded = if whole.bytes.len().saturating_add(bytes.len()) > BUFFERED_BODY_BYTES {
            ErrorCode::limit("buffered-body-bytes", BUFFERED_BODY_BYTES)
        } else if held > CONNECTION_BUFFERED_BYTES {
            ErrorCode::limit("connection-buffered-bytes", CONNECTION_BUFFERED_BYTES)
        } else {
            whole.bytes.extend_from_slice(bytes);
            self.buffered_bytes = total;
            return;
        };
        self.fail_call(call, &Failure::sent(exceeded), Stage::BufferedBody);
    }

    fn respond_whole(&mut self, call: CallId) {
        let extensions = self.handshake.extensions();
        let Some(state) = self.calls.get(call) else { return };
        let Body::Whole(whole) = &state.body else { return };
        let Some(head) = &whole.head else { return };
        let message = jsonrpc::response(&state.rpc_id, &wire_head(head, &whole.bytes, extensions));
        if self.push_response(call, message) {
            self.remove_call(call);
        }
    }
}
