//! What the messages of a client do to a session.

use alloc::format;

use sandbar_exchange::{ErrorCode, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::ServerSession;
use crate::extensions::Extension;
use crate::handshake::{INITIALIZE_METHOD, INITIALIZED_METHOD};
use crate::http::{
    self, CancelParams, CreditParams, InvalidRequest, clipped, decode_request, error_object,
    refusal_object,
};
use crate::jsonrpc::{ErrorObject, RequestId, code, params_error, response};
use crate::server::call::{Call, Progress};
use crate::server::{CloseReason, Event};
use crate::stock::Stage;

/// The method that asks whether the executor is alive.
const STATUS_METHOD: &str = "environment/status";

impl ServerSession {
    pub(super) fn handle_request(
        &mut self,
        id: RequestId,
        method: &str,
        params: Option<&RawValue>,
    ) {
        let outcome = match method {
            INITIALIZE_METHOD => self.initialize(&id, params),
            STATUS_METHOD => self.status(&id),
            http::REQUEST_METHOD => self.accept_call(&id, params),
            _ => Err(ErrorObject::new(
                code::METHOD_NOT_FOUND,
                format!("exec-server stub does not implement `{method}` yet"),
            )),
        };
        if let Err(error) = outcome {
            self.reject(&id, &error);
        }
    }

    fn initialize(&mut self, id: &RequestId, params: Option<&RawValue>) -> Result<(), ErrorObject> {
        let result = self.handshake.initialize(params)?;
        self.outbound.push_reply(response(id, &result));
        Ok(())
    }

    fn status(&mut self, id: &RequestId) -> Result<(), ErrorObject> {
        self.handshake.require_ready("environment")?;
        self.outbound.push_reply(response(id, &Status { status: "ready" }));
        Ok(())
    }

    fn accept_call(
        &mut self,
        id: &RequestId,
        params: Option<&RawValue>,
    ) -> Result<(), ErrorObject> {
        let extensions = self.handshake.require_ready("http")?;
        let invalid = |error: InvalidRequest| refusal_object(&error, extensions);
        let params = decode_request(params, extensions).map_err(invalid)?;
        if params.stream_response && self.calls.stream_named(&params.request_id).is_some() {
            return Err(invalid(InvalidRequest::StreamActive(params.request_id)));
        }
        self.calls
            .insert(id.clone(), params, extensions.contains(Extension::Credit))
            .map_err(|error| error_object(&Failure::unsent(error), Stage::Head, extensions))
    }

    pub(super) fn handle_notification(&mut self, method: &str, params: Option<&RawValue>) {
        let extensions = self.handshake.extensions();
        let outcome = match method {
            INITIALIZED_METHOD => self.handshake.initialized(),
            http::CANCEL_METHOD if extensions.contains(Extension::Cancel) => {
                notification_params(params).map(|cancel| self.cancel(cancel))
            }
            http::CREDIT_METHOD if extensions.contains(Extension::Credit) => {
                notification_params(params).map(|credit| self.grant(credit))
            }
            other => Err(CloseReason::UnknownNotification(clipped(other))),
        };
        if let Err(reason) = outcome {
            self.close(reason);
        }
    }

    fn cancel(&mut self, params: CancelParams) {
        let Some(call) = self.calls.stream_named(&params.request_id) else {
            return;
        };
        let Some(state) = self.calls.get_mut(call) else {
            return;
        };
        if state.is_live() {
            self.events.push_back(Event::Cancel { call });
        }
        let answered = matches!(state.progress, Progress::Answered);
        let cancelled = match state.progress {
            Progress::Waiting(_) => Failure::unsent(ErrorCode::Cancelled),
            Progress::Running { .. } | Progress::Answered => Failure::sent(ErrorCode::Cancelled),
        };
        match state.stream_mut() {
            Some(stream) if answered => {
                let dropped = stream.sender.queued();
                stream.sender.abort(cancelled);
                // Nobody queues what is left of it.
                stream.deltas = None;
                self.outbound.turns.hurry(call);
                self.outbound.remove_body_bytes(dropped);
                self.schedule(call);
                self.wake_starved();
            }
            _ => self.fail_call(call, &cancelled, Stage::Head),
        }
    }

    fn grant(&mut self, params: CreditParams) {
        let Some(call) = self.calls.stream_named(&params.request_id) else {
            return;
        };
        if let Some(stream) = self.calls.get_mut(call).and_then(Call::stream_mut) {
            stream.sender.grant(params.bytes);
            self.schedule(call);
            self.wake(call);
        }
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        self.events.push_back(Event::Close(reason));
        self.handle_disconnect();
    }
}

fn notification_params<T: DeserializeOwned>(params: Option<&RawValue>) -> Result<T, CloseReason> {
    let text = params.map_or("null", RawValue::get);
    serde_json::from_str(text)
        .map_err(|error| CloseReason::InvalidNotification(clipped(&params_error(&error))))
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}
