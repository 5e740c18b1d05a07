mod call_mut;
mod inbound;

use alloc::collections::VecDeque;
use alloc::string::String;
use core::time::Duration;

use sandbar_exchange::{ErrorCode, Failure};

use super::call::{Body, Call, CallId, Progress};
use super::call_table::CallTable;
use super::handshake::Handshake;
use super::outbound::Outbound;
use super::{CloseReason, Event, ServerConfig, Transport};
pub use call_mut::{CallMut, Misuse};

use crate::delta::Outgoing;
use crate::http::{clipped, encode_data, encode_end, error_object, json_string};
use crate::jsonrpc::{ErrorObject, Message, RequestId, error_response, parse_error_response};
use crate::limits::MAX_MESSAGE_BYTES;
use crate::stock::Stage;

/// The executor's end of one connection.
///
/// Feed it messages, perform the requests that its [events](Event) hand out, and send what
/// [`poll_transmit`](Self::poll_transmit) returns. See the [crate documentation](crate) for the
/// order of calls.
///
/// # Flow
///
/// Read a body only as far as [`CallMut::room`] allows, and take messages only when
/// the transport takes them: then a slow client stops the upstream, and memory stays within
/// [`limits`](crate::limits).
#[derive(Debug)]
pub struct ServerSession {
    transport: Transport,
    handshake: Handshake,
    calls: CallTable,
    outbound: Outbound,
    /// Bytes that buffered calls have collected.
    buffered_bytes: usize,
    events: VecDeque<Event>,
    closed: bool,
}

impl ServerSession {
    /// A session of a connection that was just accepted.
    pub fn new(config: ServerConfig) -> Self {
        Self {
            transport: config.transport,
            handshake: Handshake::new(config.session_id, config.extensions),
            calls: CallTable::default(),
            outbound: Outbound::default(),
            buffered_bytes: 0,
            events: VecDeque::new(),
            closed: false,
        }
    }

    /// Whether another message should be read. If not, send first: the client asks faster than
    /// it reads the answers.
    pub fn ready_for_input(&self) -> bool {
        self.outbound.has_room_for_replies()
    }

    /// A message arrived. After [`Event::Close`] messages are ignored.
    pub fn handle_message(&mut self, message: &[u8]) {
        if self.closed {
            return;
        }
        if message.len() > MAX_MESSAGE_BYTES {
            return self.close(CloseReason::MessageTooLong);
        }
        match Message::parse(message) {
            Ok(Message::Request { id, method, params }) => {
                self.handle_request(id, &method, params);
            }
            Ok(Message::Notification { method, params }) => {
                self.handle_notification(&method, params);
            }
            Ok(Message::Response { .. } | Message::Error { .. }) => {
                self.close(CloseReason::UnexpectedResponse);
            }
            Err(error) => {
                let text = self.transport.parse_failure(&error);
                self.outbound.push_reply(parse_error_response(clipped(&text)));
            }
        }
    }

    /// The connection is gone. Every exchange that still runs is cancelled by an event.
    pub fn handle_disconnect(&mut self) {
        self.closed = true;
        self.outbound = Outbound::default();
        self.buffered_bytes = 0;
        let live = self.calls.drain_live();
        self.events.extend(live.map(|call| Event::Cancel { call }));
    }

    /// The call of this name, for whoever performs its exchange. None once it is over: finished,
    /// failed, cancelled, ended by a limit, or its connection is gone. Then stop the exchange.
    pub fn call(&mut self, call: CallId) -> Option<CallMut<'_>> {
        self.calls.get(call).filter(|state| state.is_live())?;
        Some(CallMut { session: self, id: call })
    }

    /// What to do next.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        // What is started will be answered: not while answers pile up.
        if !self.ready_for_input() {
            return None;
        }
        let (call, request) = self.calls.start_next()?;
        Some(Event::StartRequest { call, request })
    }

    /// The next message to send, without a newline. Responses first, then one delta of each
    /// stream in turn. `now` is the time since a moment that stays the same.
    ///
    /// Where credit was not negotiated, a client fails a stream that is faster than its reader.
    /// Deltas then leave at the pace of [`limits`](crate::limits), merged while they wait, and
    /// `None` may mean that it is too early: see [`poll_timeout`](Self::poll_timeout).
    pub fn poll_transmit(&mut self, now: Duration) -> Option<String> {
        if let Some(message) = self.outbound.pop_reply() {
            return Some(message);
        }
        while let Some(call) = self.outbound.turns.next(now) {
            if let Some(message) = self.transmit_delta(call, now) {
                return Some(message);
            }
        }
        None
    }

    /// After [`poll_transmit`](Self::poll_transmit) returned `None`: the time at which to call it
    /// again if nothing else happens before. `None` if only something else leads to a message.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.outbound.turns.next_at()
    }
}

/// What leaves.
impl ServerSession {
    fn reject(&mut self, id: &RequestId, error: &ErrorObject) {
        let error = ErrorObject { message: clipped(&error.message), ..error.clone() };
        self.outbound.push_reply(error_response(id, &error));
    }

    /// Sends a response; one that is too long ends the call instead. Says whether it was sent.
    fn push_response(&mut self, call: CallId, message: String) -> bool {
        let fits = message.len() <= MAX_MESSAGE_BYTES;
        if fits {
            self.outbound.push_reply(message);
        } else {
            let exceeded = ErrorCode::limit("message-bytes", MAX_MESSAGE_BYTES);
            self.fail_call(call, &Failure::sent(exceeded), Stage::Head);
        }
        fits
    }

    /// Answers a call with an error and forgets it.
    fn fail_call(&mut self, call: CallId, failure: &Failure, stage: Stage) {
        if let Some(state) = self.remove_call(call) {
            let object = error_object(failure, stage, self.handshake.extensions());
            self.reject(&state.rpc_id, &object);
        }
    }

    fn remove_call(&mut self, call: CallId) -> Option<Call> {
        let state = self.calls.remove(call)?;
        self.outbound.remove_starved(call);
        match &state.body {
            Body::Streamed(stream) => self.outbound.remove_body_bytes(stream.sender.queued()),
            Body::Whole(whole) => self.buffered_bytes -= whole.bytes.len(),
        }
        Some(state)
    }

    /// Queues a stream for a turn if it has a delta to send.
    fn schedule(&mut self, call: CallId) {
        let Some(state) = self.calls.get_mut(call) else {
            return;
        };
        let answered = matches!(state.progress, Progress::Answered);
        if let Some(stream) = state.stream_mut()
            && answered
            && !stream.scheduled
            && stream.sender.is_ready()
        {
            stream.scheduled = true;
            self.outbound.turns.push(call);
        }
    }

    /// Sends a delta of the stream whose turn it is, if it is not too early.
    fn transmit_delta(&mut self, call: CallId, now: Duration) -> Option<String> {
        let extensions = self.handshake.extensions();
        let stream = self.calls.get_mut(call)?.stream_mut()?;
        if !self.outbound.turns.admit(call, stream, now) {
            return None;
        }
        stream.scheduled = false;
        let name = json_string(&stream.name);
        let message = match stream.sender.poll_delta()? {
            Outgoing::Data { seq, bytes } => {
                self.outbound.turns.spend(stream, now, bytes.len());
                self.outbound.remove_body_bytes(bytes.len());
                encode_data(&name, seq, &bytes)
            }
            // The stream has no other delta to delay.
            Outgoing::End { seq, outcome } => {
                let message = encode_end(&name, seq, outcome.as_ref().err(), extensions);
                self.remove_call(call);
                message
            }
        };
        self.schedule(call);
        self.wake(call);
        self.wake_starved();
        Some(message)
    }

    /// Tells the caller of a starved stream that there is room, if there is.
    fn wake(&mut self, call: CallId) {
        let connection = self.outbound.body_room();
        let Some(stream) = self.calls.get_mut(call).and_then(Call::stream_mut) else {
            return;
        };
        if !stream.starved || stream.sender.room() == 0 {
            return;
        }
        if connection == 0 {
            return self.outbound.insert_starved(call);
        }
        stream.starved = false;
        self.events.push_back(Event::Writable { call });
    }

    fn wake_starved(&mut self) {
        while let Some(call) = self.outbound.pop_starved() {
            self.wake(call);
        }
    }
}
