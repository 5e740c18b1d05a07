use alloc::format;
use alloc::string::{String, ToString};

use serde_json::value::RawValue;

use super::CloseReason;
use crate::extensions::{Extensions, Offer};
use crate::handshake::{InitializeParams, InitializeResult};
use crate::jsonrpc::{ErrorObject, code, params_error};

/// How far the handshake of a connection has come.
#[derive(Debug)]
pub(super) struct Handshake {
    session_id: String,
    supported: Extensions,
    state: State,
}

#[derive(Debug)]
enum State {
    AwaitInitialize,
    AwaitInitialized(Extensions),
    Ready(Extensions),
}

impl Handshake {
    pub(super) fn new(session_id: String, supported: Extensions) -> Self {
        Self { session_id, supported, state: State::AwaitInitialize }
    }

    /// The answer to `initialize`. What is refused may be tried again.
    pub(super) fn initialize(
        &mut self,
        params: Option<&RawValue>,
    ) -> Result<InitializeResult<'static>, ErrorObject> {
        if !matches!(self.state, State::AwaitInitialize) {
            return Err(invalid("initialize may only be sent once per connection"));
        }
        let text = params.map_or("null", RawValue::get);
        let params: InitializeParams<'_> = serde_json::from_str(text)
            .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, params_error(&error)))?;
        if let Some(id) = params.resume_session_id {
            // A session holds nothing that outlives its connection.
            return Err(invalid(&format!("unknown session id {id}")));
        }
        let offered = params.sandbar.as_ref().map(Offer::extensions).unwrap_or_default();
        let extensions = self.supported.intersection(offered);
        self.state = State::AwaitInitialized(extensions);
        let session_id = self.session_id.clone();
        Ok(InitializeResult { session_id, sandbar: Offer::new(extensions) })
    }

    /// `initialized` arrived. A second one is harmless.
    pub(super) fn initialized(&mut self) -> Result<(), CloseReason> {
        match self.state {
            State::AwaitInitialize => Err(CloseReason::InitializedTooEarly),
            State::AwaitInitialized(extensions) | State::Ready(extensions) => {
                self.state = State::Ready(extensions);
                Ok(())
            }
        }
    }

    /// What was negotiated, once the handshake is complete. `family` is the first part of the
    /// method that needs it.
    pub(super) fn require_ready(&self, family: &str) -> Result<Extensions, ErrorObject> {
        let missing = match self.state {
            State::Ready(extensions) => return Ok(extensions),
            State::AwaitInitialize => "call initialize",
            State::AwaitInitialized(_) => "send initialized",
        };
        Err(invalid(&format!("client must {missing} before using {family} methods")))
    }

    /// What was negotiated; nothing before the handshake is complete.
    pub(super) fn extensions(&self) -> Extensions {
        match self.state {
            State::Ready(extensions) => extensions,
            _ => Extensions::NONE,
        }
    }
}

fn invalid(message: &str) -> ErrorObject {
    ErrorObject::new(code::INVALID_REQUEST, message.to_string())
}
