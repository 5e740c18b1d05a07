use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};

use sandbar_exchange::{ErrorCode, Failure, Request, is_token};
use serde_json::value::RawValue;

use super::call::{Call, INITIALIZE_ID};
use super::call_table::CallTable;
use super::{CallId, ClientConfig, CloseReason, Event, RequestError};
use crate::delta::{Incoming, Read};
use crate::extensions::{Extension, Extensions, Offer};
use crate::handshake::{INITIALIZE_METHOD, INITIALIZED_METHOD, InitializeParams, InitializeResult};
use crate::http::{
    self, BodyDelta, CancelParams, CreditParams, FieldError, InvalidRequest, RequestParams,
    call_failure, clipped, decode_delta, decode_head, terminal_failure, wire_request,
};
use crate::jsonrpc::{self, ErrorObject, Message, RequestId, code, params_error};
use crate::limits::{
    MAX_CALLS, MAX_MESSAGE_BYTES, MAX_PIPELINED_CALLS, MAX_REFUSALS, RECEIVE_HIGH_WATER_BYTES,
};

/// The client's end of one connection.
///
/// It opens with the handshake by itself; requests may be made at once and are sent when it is
/// complete. Feed it messages, send what [`poll_transmit`](Self::poll_transmit) returns, and
/// read the bodies of calls as its [events](Event) tell. See the [crate documentation](crate)
/// for the order of calls.
///
/// # Flow
///
/// Where `credit` was negotiated, every stream has an account, and a body that nobody reads
/// stops its own sender alone. A stock executor knows nothing but the connection: when what is
/// unread over all streams reaches
/// [`RECEIVE_HIGH_WATER_BYTES`],
/// [`ready_for_input`](Self::ready_for_input) says that no more messages should be read, and the
/// transport pushes back. One slow stream then delays the others, which is the price of not
/// failing it as stock clients do. A caller that wants to read a stream only after another one
/// has ended must not do so with more than that many bytes.
#[derive(Debug)]
pub struct ClientSession {
    state: State,
    calls: CallTable,
    /// Messages that are ready: the handshake and cancellations.
    control: VecDeque<String>,
    /// Answers to what the executor asks.
    refusals: VecDeque<String>,
    /// Calls that have credit to grant.
    grants: VecDeque<CallId>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum State {
    /// `initialize` has no answer yet. Holds what was offered.
    Initializing(Extensions),
    /// Holds what was negotiated.
    Open(Extensions),
    Closed,
}

impl ClientSession {
    /// A session of a connection that was just made.
    pub fn new(config: ClientConfig) -> Self {
        let params = InitializeParams {
            client_name: Cow::Owned(config.client_name),
            resume_session_id: None,
            sandbar: Offer::new(config.extensions),
        };
        let initialize = jsonrpc::request(&INITIALIZE_ID, INITIALIZE_METHOD, &params);
        Self {
            state: State::Initializing(config.extensions),
            calls: CallTable::default(),
            control: VecDeque::from([initialize]),
            refusals: VecDeque::new(),
            grants: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Whether another message should be read. If not, read bodies first.
    pub fn ready_for_input(&self) -> bool {
        self.extensions().contains(Extension::Credit)
            || self.calls.unread() < RECEIVE_HIGH_WATER_BYTES
    }

    /// A message arrived. After [`Event::Closed`] messages are ignored.
    pub fn handle_message(&mut self, message: &[u8]) {
        if matches!(self.state, State::Closed) {
            return;
        }
        if message.len() > MAX_MESSAGE_BYTES {
            return self.close(CloseReason::MessageTooLong);
        }
        if let Some(delta) = decode_delta(message) {
            return self.handle_delta(&delta);
        }
        let outcome = match Message::parse(message) {
            Ok(Message::Response { id, result }) => self.handle_response(&id, result),
            Ok(Message::Error { id, error }) => self.handle_error(&id, &error),
            Ok(Message::Notification { method, params }) => {
                self.handle_notification(&method, params)
            }
            Ok(Message::Request { id, method, .. }) => {
                self.refuse(&id, &method);
                Ok(())
            }
            Err(error) => Err(CloseReason::Malformed(clipped(&error.to_string()))),
        };
        if let Err(reason) = outcome {
            self.close(reason);
        }
    }

    /// The connection is gone, for this reason. Calls end with [`ErrorCode::Disconnected`], bodies
    /// after what was received has been read. Only what was never sent cannot have been processed.
    pub fn handle_disconnect(&mut self, reason: &str) {
        if !matches!(self.state, State::Closed) {
            self.close(CloseReason::Disconnected(reason.into()));
        }
    }

    /// Asks for an exchange; its body will be streamed.
    ///
    /// The request waits for the handshake, and towards a stock executor until fewer than
    /// [`MAX_PIPELINED_CALLS`] are unanswered. Values that are not UTF-8 fail the call if the
    /// executor turns out to take text only.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; nothing is sent then.
    pub fn request(&mut self, request: Request) -> Result<CallId, RequestError> {
        if matches!(self.state, State::Closed) {
            return Err(RequestError::Closed);
        }
        if !is_token(&request.method) {
            return Err(RequestError::Invalid(InvalidRequest::Method));
        }
        for field in &request.fields {
            FieldError::check(field)?;
        }
        self.calls.insert(request)
    }

    /// Reads up to `max` bytes of the body of a call. [`Read::Pending`] is followed by
    /// [`Event::Readable`], or by [`Event::Head`] where that has not come yet.
    ///
    /// `None` for a call that is over: failed, cancelled, or read to its end.
    pub fn read(&mut self, call: CallId, max: usize) -> Option<Read> {
        let read = self.calls.read(call, max)?;
        self.queue_grant(call);
        Some(read)
    }

    /// Gives a call up. Its body is dropped, and what still arrives for it is ignored.
    ///
    /// The executor hears of it where `cancel` was negotiated; a stock one goes on sending.
    pub fn cancel(&mut self, call: CallId) {
        match self.calls.remove(call) {
            Some(Call::Active(active)) if !(active.answered && active.receiver.is_ended()) => {
                self.send_cancel(call);
            }
            _ => {}
        }
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next message to send, without a newline.
    pub fn poll_transmit(&mut self) -> Option<String> {
        if let Some(message) = self.control.pop_front().or_else(|| self.refusals.pop_front()) {
            return Some(message);
        }
        let State::Open(extensions) = self.state else {
            return None;
        };
        if let Some(message) = self.transmit_grant() {
            return Some(message);
        }
        self.transmit_request(extensions)
    }

    /// What was negotiated; nothing before that.
    pub fn extensions(&self) -> Extensions {
        match self.state {
            State::Open(extensions) => extensions,
            State::Initializing(_) | State::Closed => Extensions::NONE,
        }
    }
}

/// What arrives.
impl ClientSession {
    fn handle_response(&mut self, id: &RequestId, result: &RawValue) -> Result<(), CloseReason> {
        if let (State::Initializing(offered), true) = (&self.state, *id == INITIALIZE_ID) {
            let offered = *offered;
            return self.complete_handshake(offered, result);
        }
        let Some(call) = CallId::of_rpc_id(id).filter(|&call| self.calls.answer(call)) else {
            return Ok(());
        };
        let extensions = self.extensions();
        let Some(url) = self.calls.begin(call) else {
            return Ok(());
        };
        match decode_head(result, url, extensions) {
            Ok(response) => self.events.push_back(Event::Head { call, response }),
            Err(error) => {
                self.fail(call, error.into());
                self.send_cancel(call);
            }
        }
        Ok(())
    }

    fn complete_handshake(
        &mut self,
        offered: Extensions,
        result: &RawValue,
    ) -> Result<(), CloseReason> {
        let result: InitializeResult<'_> = serde_json::from_str(result.get())
            .map_err(|error| CloseReason::Malformed(clipped(&params_error(&error))))?;
        let confirmed = result.sandbar.as_ref().map(Offer::extensions).unwrap_or_default();
        let extensions = offered.intersection(confirmed);
        let empty = serde_json::Map::new();
        self.control.push_back(jsonrpc::notification(INITIALIZED_METHOD, &empty));
        self.state = State::Open(extensions);
        self.events.push_back(Event::Connected { extensions });
        Ok(())
    }

    fn handle_error(&mut self, id: &RequestId, error: &ErrorObject) -> Result<(), CloseReason> {
        if *id == RequestId::UNREADABLE {
            return Err(CloseReason::MessageRefused(clipped(&error.message)));
        }
        if matches!(self.state, State::Initializing(_)) && *id == INITIALIZE_ID {
            return Err(CloseReason::InitializeRefused {
                code: error.code,
                message: clipped(&error.message),
            });
        }
        if let Some(call) = CallId::of_rpc_id(id).filter(|&call| self.calls.answer(call)) {
            self.fail(call, call_failure(error, self.extensions()));
        }
        Ok(())
    }

    /// Clients have no methods, and say so (JSON-RPC 2.0 section 5.1): what the executor wants to know,
    /// it may do without. One that asks on and on, and reads no answer, gets no more of them.
    fn refuse(&mut self, id: &RequestId, method: &str) {
        if self.refusals.len() < MAX_REFUSALS {
            let text = format!("exec-server client does not implement `{}`", clipped(method));
            let error = ErrorObject::new(code::METHOD_NOT_FOUND, text);
            self.refusals.push_back(jsonrpc::error_response(id, &error));
        }
    }

    /// Notifications that are not known are ignored: stock executors have several.
    fn handle_notification(
        &mut self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<(), CloseReason> {
        if method != http::BODY_DELTA_METHOD {
            return Ok(());
        }
        let text = params.map_or("null", RawValue::get);
        let delta: BodyDelta<'_> = serde_json::from_str(text)
            .map_err(|error| CloseReason::Malformed(clipped(&params_error(&error))))?;
        self.handle_delta(&delta);
        Ok(())
    }

    /// Deltas of streams that are not known are ignored.
    fn handle_delta(&mut self, delta: &BodyDelta<'_>) {
        let Some(call) = CallId::of_stream_name(&delta.request_id) else {
            return;
        };
        let incoming = Incoming {
            seq: delta.seq,
            base64: &delta.delta_base64,
            end: match &delta.error {
                Some(text) => Some(Err(terminal_failure(text, delta.failure, self.extensions()))),
                None => delta.done.then_some(Ok(())),
            },
        };
        if self.calls.handle_delta(call, incoming).is_err() {
            self.send_cancel(call);
        }
        self.wake(call);
    }

    fn close(&mut self, reason: CloseReason) {
        self.state = State::Closed;
        self.control.clear();
        self.refusals.clear();
        self.grants.clear();
        let text = reason.to_string();
        self.events.push_back(Event::Closed(reason));
        let disconnected = || ErrorCode::Disconnected(text.clone());
        for call in self.calls.ids() {
            match self.calls.get_mut(call) {
                Some(Call::Active(active)) if active.answered => {
                    active.receiver.handle_disconnect(&text);
                    self.wake(call);
                }
                Some(Call::Active(_)) => self.fail(call, Failure::sent(disconnected())),
                Some(Call::Waiting(_)) | None => {
                    self.fail(call, Failure::unsent(disconnected()));
                }
            }
        }
    }

    /// Ends a call that has no response.
    fn fail(&mut self, call: CallId, failure: Failure) {
        if self.calls.remove(call).is_some() {
            self.events.push_back(Event::Failed { call, failure });
        }
    }

    /// Tells a reader that waits that there is something to read, if there is.
    fn wake(&mut self, call: CallId) {
        let Some(active) = self.calls.active_mut(call) else {
            return;
        };
        if active.reader_waits && (active.receiver.queued() > 0 || active.receiver.is_ended()) {
            active.reader_waits = false;
            self.events.push_back(Event::Readable { call });
        }
    }
}

/// What leaves.
impl ClientSession {
    fn send_cancel(&mut self, call: CallId) {
        if self.extensions().contains(Extension::Cancel) {
            let request_id = call.stream_name();
            let params = CancelParams { request_id };
            self.control.push_back(jsonrpc::notification(http::CANCEL_METHOD, &params));
        }
    }

    fn queue_grant(&mut self, call: CallId) {
        if let Some(active) = self.calls.active_mut(call)
            && !active.grant_queued
            && active.receiver.wants_grant()
        {
            active.grant_queued = true;
            self.grants.push_back(call);
        }
    }

    fn transmit_grant(&mut self) -> Option<String> {
        while let Some(call) = self.grants.pop_front() {
            let Some(active) = self.calls.active_mut(call) else {
                continue;
            };
            active.grant_queued = false;
            let params = CreditParams {
                request_id: call.stream_name(),
                bytes: active.receiver.grant() as u64,
            };
            return Some(jsonrpc::notification(http::CREDIT_METHOD, &params));
        }
        None
    }

    fn transmit_request(&mut self, extensions: Extensions) -> Option<String> {
        let limit = match extensions.is_empty() {
            true => MAX_PIPELINED_CALLS,
            false => MAX_CALLS,
        };
        let flow_control = extensions.contains(Extension::Credit);
        while let Some((call, request, credit)) = self.calls.start_next(limit, flow_control) {
            match encode_call(call, request, credit, extensions) {
                Ok(message) => return Some(message),
                Err(error) => {
                    self.calls.answer(call);
                    self.fail(call, Failure::unsent(error));
                }
            }
        }
        None
    }
}

fn encode_call(
    call: CallId,
    request: Request,
    credit: Option<usize>,
    extensions: Extensions,
) -> Result<String, ErrorCode> {
    let params = RequestParams {
        request,
        request_id: call.stream_name(),
        stream_response: true,
        credit: credit.unwrap_or(0) as u64,
    };
    let wire =
        wire_request(&params, extensions).map_err(|error| InvalidRequest::Field(error).code())?;
    let message = jsonrpc::request(&call.rpc_id(), http::REQUEST_METHOD, &wire);
    if message.len() > MAX_MESSAGE_BYTES {
        return Err(ErrorCode::limit("message-bytes", MAX_MESSAGE_BYTES));
    }
    Ok(message)
}
