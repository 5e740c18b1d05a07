use alloc::format;
use alloc::string::{String, ToString};

use serde_json::value::RawValue;

use super::{CloseReason, ResumeRefusal};
use crate::extensions::{Extensions, Offer};
use crate::handshake::{InitializeParams, InitializeResult};
use crate::jsonrpc::{ErrorObject, RequestId, code, params_error};

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
    /// Whether the session can be resumed is being decided.
    AwaitResume(Resume),
    AwaitInitialized(Extensions),
    Ready(Extensions),
}

#[derive(Debug)]
struct Resume {
    rpc_id: RequestId,
    session_id: String,
    offered: Extensions,
}

/// What a good `initialize` leads to.
pub(super) enum Initialize {
    /// Answer with this.
    Accept(InitializeResult<'static>),
    /// Ask whether this session can be resumed.
    AskResume(String),
}

impl Handshake {
    pub(super) fn new(session_id: String, supported: Extensions) -> Self {
        Self { session_id, supported, state: State::AwaitInitialize }
    }

    pub(super) fn initialize(
        &mut self,
        rpc_id: &RequestId,
        params: Option<&RawValue>,
    ) -> Result<Initialize, ErrorObject> {
        if !matches!(self.state, State::AwaitInitialize) {
            return Err(invalid("initialize may only be sent once per connection"));
        }
        let text = params.map_or("null", RawValue::get);
        let params: InitializeParams<'_> = serde_json::from_str(text)
            .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, params_error(&error)))?;
        let offered = params.sandbar.as_ref().map(Offer::extensions).unwrap_or_default();
        match params.resume_session_id {
            None => Ok(Initialize::Accept(self.accept(offered))),
            Some(session_id) => {
                self.state = State::AwaitResume(Resume {
                    rpc_id: rpc_id.clone(),
                    session_id: session_id.clone(),
                    offered,
                });
                Ok(Initialize::AskResume(session_id))
            }
        }
    }

    /// The answer to the `initialize` that asked to resume, if one did.
    pub(super) fn accept_resume(&mut self) -> Option<(RequestId, InitializeResult<'static>)> {
        let resume = self.take_resume()?;
        self.session_id = resume.session_id;
        let result = self.accept(resume.offered);
        Some((resume.rpc_id, result))
    }

    /// The refusal of the `initialize` that asked to resume; the client may try again.
    pub(super) fn refuse_resume(&mut self, why: ResumeRefusal) -> Option<(RequestId, ErrorObject)> {
        let Resume { rpc_id, session_id, .. } = self.take_resume()?;
        let error = match why {
            ResumeRefusal::Unknown => invalid(&format!("unknown session id {session_id}")),
            ResumeRefusal::Attached => ErrorObject::new(
                code::SESSION_ATTACHED,
                format!("session {session_id} is already attached to another connection"),
            ),
        };
        Some((rpc_id, error))
    }

    /// `initialized` arrived. A second one is harmless.
    pub(super) fn initialized(&mut self) -> Result<(), CloseReason> {
        match self.state {
            State::AwaitInitialize | State::AwaitResume(_) => Err(CloseReason::InitializedTooEarly),
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
            State::AwaitInitialize | State::AwaitResume(_) => "call initialize",
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

    fn accept(&mut self, offered: Extensions) -> InitializeResult<'static> {
        let extensions = self.supported.intersection(offered);
        self.state = State::AwaitInitialized(extensions);
        InitializeResult { session_id: self.session_id.clone(), sandbar: Offer::new(extensions) }
    }

    fn take_resume(&mut self) -> Option<Resume> {
        match core::mem::replace(&mut self.state, State::AwaitInitialize) {
            State::AwaitResume(resume) => Some(resume),
            other => {
                self.state = other;
                None
            }
        }
    }
}

fn invalid(message: &str) -> ErrorObject {
    ErrorObject::new(code::INVALID_REQUEST, message.to_string())
}
