mod inbound;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sandbar_exchange::{ErrorCode, Failure, Response};

use super::call::{Body, Call, CallError, CallId, Progress, Whole};
use super::call_table::CallTable;
use super::handshake::Handshake;
use super::outbound::Outbound;
use super::{CloseReason, Event, ServerConfig, Transport};
use crate::delta::Outgoing;
use crate::http::{clipped, encode_data, encode_end, error_object, json_string, wire_head};
use crate::jsonrpc::{
    ErrorObject, Message, RequestId, error_response, parse_error_response, response,
};
use crate::limits::{
    BUFFERED_BODY_BYTES, CONNECTION_BUFFERED_BYTES, MAX_MESSAGE_BYTES, SEND_BUFFER_BYTES,
};
use crate::stock::Stage;

/// The executor's end of one connection.
///
/// Feed it messages, perform the requests that its [events](Event) hand out, and send what
/// [`poll_transmit`](Self::poll_transmit) returns. See the [crate documentation](crate) for the
/// order of calls.
///
/// # Flow
///
/// Read a body only as far as [`want_body`](Self::want_body) allows, and take messages only when
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

    /// The response of a call has begun. Its body follows with [`body`](Self::body) and
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// [`CallError::Gone`], also if the head is too long to be sent; [`CallError::OutOfOrder`].
    pub fn respond(&mut self, call: CallId, head: Response) -> Result<(), CallError> {
        self.calls.get(call).ok_or(CallError::Gone)?;
        if !self.calls.answer(call) {
            return Err(CallError::OutOfOrder);
        }
        let extensions = self.handshake.extensions();
        let state = self.calls.get_mut(call).ok_or(CallError::Gone)?;
        match &mut state.body {
            Body::Streamed(_) => {
                let message = response(&state.rpc_id, &wire_head(&head, &[], extensions));
                self.push_response(call, message)
            }
            Body::Whole(whole) => {
                whole.head = Some(head);
                Ok(())
            }
        }
    }

    /// The exchange failed before its response began. The call is over.
    ///
    /// # Errors
    ///
    /// [`CallError::Gone`], [`CallError::OutOfOrder`].
    pub fn fail(&mut self, call: CallId, failure: Failure) -> Result<(), CallError> {
        let state = self.calls.get(call).ok_or(CallError::Gone)?;
        if !matches!(state.progress, Progress::Running) {
            return Err(CallError::OutOfOrder);
        }
        self.fail_call(call, &failure, Stage::Head);
        Ok(())
    }

    /// How many bytes of the body may be passed on now. If none, wait for [`Event::Writable`].
    ///
    /// Zero for a call that is over, without an event to follow.
    pub fn want_body(&mut self, call: CallId) -> usize {
        let connection = self.outbound.body_room();
        match self.calls.get_mut(call).map(|state| &mut state.body) {
            None => 0,
            Some(Body::Whole(_)) => SEND_BUFFER_BYTES,
            Some(Body::Streamed(stream)) => {
                let room = stream.sender.room();
                if room.min(connection) == 0 && !stream.starved && stream.sender.is_open() {
                    stream.starved = true;
                    self.outbound.insert_starved(call);
                }
                room.min(connection)
            }
        }
    }

    /// Passes on the next bytes of the body: at most what [`want_body`](Self::want_body) said
    /// when it was last asked.
    ///
    /// Callers that all asked before any of them passes bytes on may together exceed
    /// [`CONNECTION_SEND_BYTES`](crate::limits::CONNECTION_SEND_BYTES), each by its own buffer.
    ///
    /// # Errors
    ///
    /// [`CallError::Gone`], also where the limit of a buffered body ends the call now;
    /// [`CallError::OutOfOrder`]; [`CallError::NoRoom`].
    pub fn body(&mut self, call: CallId, bytes: Vec<u8>) -> Result<(), CallError> {
        let state = self.answered(call)?;
        match &mut state.body {
            Body::Streamed(stream) => {
                if bytes.len() > stream.sender.room() {
                    return Err(CallError::NoRoom);
                }
                let len = bytes.len();
                stream.sender.push(bytes);
                self.outbound.add_body_bytes(len);
                self.schedule(call);
                Ok(())
            }
            Body::Whole(_) => self.collect(call, &bytes),
        }
    }

    /// The body has ended. The call is over for the caller; what is queued is still sent.
    ///
    /// # Errors
    ///
    /// [`CallError::Gone`], [`CallError::OutOfOrder`].
    pub fn finish(&mut self, call: CallId, outcome: Result<(), Failure>) -> Result<(), CallError> {
        let state = self.answered(call)?;
        match (&mut state.body, outcome) {
            (Body::Streamed(stream), outcome) => {
                stream.sender.finish(outcome);
                self.schedule(call);
                Ok(())
            }
            (Body::Whole(_), Err(failure)) => {
                self.fail_call(call, &failure, Stage::BufferedBody);
                Ok(())
            }
            (Body::Whole(whole), Ok(())) => {
                let whole = core::mem::take(whole);
                self.respond_whole(call, &whole)
            }
        }
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
    fn answered(&mut self, call: CallId) -> Result<&mut Call, CallError> {
        let state = self.calls.get_mut(call).ok_or(CallError::Gone)?;
        match (&state.progress, &state.body) {
            (Progress::Waiting(_) | Progress::Running, _) => Err(CallError::OutOfOrder),
            (Progress::Answered, Body::Streamed(stream)) if !stream.sender.is_open() => {
                Err(CallError::Gone)
            }
            (Progress::Answered, _) => Ok(state),
        }
    }

    fn reject(&mut self, id: &RequestId, error: &ErrorObject) {
        let error = ErrorObject { message: clipped(&error.message), ..error.clone() };
        self.outbound.push_reply(error_response(id, &error));
    }

    /// Sends a response; one that is too long ends the call instead.
    fn push_response(&mut self, call: CallId, message: String) -> Result<(), CallError> {
        if message.len() > MAX_MESSAGE_BYTES {
            let exceeded = ErrorCode::limit("message-bytes", MAX_MESSAGE_BYTES);
            self.fail_call(call, &Failure::sent(exceeded), Stage::Head);
            return Err(CallError::Gone);
        }
        self.outbound.push_reply(message);
        Ok(())
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

    fn collect(&mut self, call: CallId, bytes: &[u8]) -> Result<(), CallError> {
        let total = self.buffered_bytes.saturating_add(bytes.len());
        // Responses that a slow client has not taken hold collected bytes as well.
        let held = total.saturating_add(self.outbound.reply_bytes());
        let Some(Body::Whole(whole)) = self.calls.get_mut(call).map(|state| &mut state.body) else {
            return Err(CallError::Gone);
        };
        let exceeded = if whole.bytes.len().saturating_add(bytes.len()) > BUFFERED_BODY_BYTES {
            ErrorCode::limit("buffered-body-bytes", BUFFERED_BODY_BYTES)
        } else if held > CONNECTION_BUFFERED_BYTES {
            ErrorCode::limit("connection-buffered-bytes", CONNECTION_BUFFERED_BYTES)
        } else {
            whole.bytes.extend_from_slice(bytes);
            self.buffered_bytes = total;
            return Ok(());
        };
        self.fail_call(call, &Failure::sent(exceeded), Stage::BufferedBody);
        Err(CallError::Gone)
    }

    fn respond_whole(&mut self, call: CallId, whole: &Whole) -> Result<(), CallError> {
        self.buffered_bytes -= whole.bytes.len();
        let extensions = self.handshake.extensions();
        let state = self.calls.get(call).ok_or(CallError::Gone)?;
        let head = whole.head.as_ref().ok_or(CallError::OutOfOrder)?;
        let message = response(&state.rpc_id, &wire_head(head, &whole.bytes, extensions));
        self.push_response(call, message)?;
        self.remove_call(call);
        Ok(())
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
