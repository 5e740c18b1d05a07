//! The opening of a session: one exchange with a modern server, up to three with a legacy one.

use crate::description::{self, ServerDescription};
use crate::error::{Error, RpcError};
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Received};
use crate::legacy::{self, Legacy, SessionId};
use crate::modern::{Modern, Outline};
use crate::negotiation::{Probe, Verdict};
use crate::params::Params;
use crate::reply::{Ending, Expected, Reply};
use crate::session::{Session, Wire};
use crate::version::{Era, NEWEST_MODERN, known_legacy};
use sandbar_exchange::{Failure, Response};

use super::delivery::Delivery;
use super::{Drive, Step, done, out_of_turn};

/// The opening, as far as it got.
#[derive(Debug)]
pub(super) struct Handshake {
    stage: Stage,
    exchange: Exchange,
    /// Whether the probe was repeated with another version. Once is enough for an honest server.
    repeated: bool,
}

#[derive(Debug)]
enum Stage {
    /// `server/discover`.
    Probe(Probe),
    /// `initialize`, with the session id that its response assigned.
    Initialize(Result<Option<SessionId>, Error>),
    /// `notifications/initialized`.
    Confirm { legacy: Legacy, description: ServerDescription },
}

#[derive(Debug)]
enum Exchange {
    Ready,
    Awaiting(i64),
    Receiving(Box<Inbound>),
    /// The last POST, which is only acknowledged.
    Delivering(Delivery),
    Settled(Result<(), Error>),
    Over,
}

impl Handshake {
    pub(super) const fn new(known: Option<Era>) -> Self {
        let stage = match known {
            Some(Era::Legacy) => Stage::Initialize(Ok(None)),
            known => Stage::Probe(Probe {
                version: NEWEST_MODERN,
                modern_only: matches!(known, Some(Era::Modern)),
            }),
        };
        Self { stage, exchange: Exchange::Ready, repeated: false }
    }

    fn send(&mut self, session: &mut Session) -> Option<Step> {
        if let Err(closed) = session.check_open() {
            return Some(Step::Done(Err(closed)));
        }
        if let Stage::Confirm { legacy, .. } = &self.stage {
            let request = confirmation(session, legacy);
            self.exchange = Exchange::Delivering(Delivery::Ready(request));
            return None;
        }
        let id = session.next_id();
        let request = match &self.stage {
            Stage::Probe(probe) => discover(session, id, probe.version),
            _ => Ok(session.post(Vec::new(), legacy::initialize(id, session.config()), None)),
        };
        match request {
            Ok(request) => {
                self.exchange = Exchange::Awaiting(id);
                Some(Step::Send(request))
            }
            Err(error) => Some(Step::Done(Err(error))),
        }
    }

    /// Takes what arrived in answer to the probe or to `initialize`.
    fn receive(&mut self, session: &mut Session, mut inbound: Box<Inbound>) -> Option<Step> {
        match inbound.next() {
            Received::NeedBytes => {
                self.exchange = Exchange::Receiving(inbound);
                Some(Step::Read)
            }
            Received::Discard => {
                self.exchange = Exchange::Receiving(inbound);
                Some(Step::Drop)
            }
            // Before the session is open there is nobody they could concern.
            Received::Notification { .. } | Received::Request { .. } => {
                self.exchange = Exchange::Receiving(inbound);
                None
            }
            Received::Answer(outcome) => {
                self.answered(session, outcome);
                inbound.is_open().then_some(Step::Drop)
            }
            Received::End(ending) => {
                self.ended(session, ending);
                None
            }
        }
    }

    fn answered(&mut self, session: &mut Session, outcome: Result<String, RpcError>) {
        match (&mut self.stage, outcome) {
            (Stage::Probe(probe), Ok(result)) => {
                let probe = *probe;
                self.judged(session, probe, probe.on_result(&result));
            }
            (Stage::Probe(probe), Err(error)) => {
                let probe = *probe;
                self.judged(session, probe, probe.on_error(error));
            }
            (Stage::Initialize(assigned), Ok(result)) => {
                let assigned = core::mem::replace(assigned, Ok(None));
                self.initialized(assigned, &result);
            }
            (_, Err(error)) => self.settle(Err(Error::Rpc(error))),
            (Stage::Confirm { .. }, Ok(_)) => self.settle(Ok(())),
        }
    }

    fn ended(&mut self, session: &mut Session, ending: Ending) {
        match (&self.stage, ending) {
            (Stage::Probe(probe), Ending::Refused(refusal)) => {
                let probe = *probe;
                self.judged(session, probe, probe.on_refusal(refusal));
            }
            (_, Ending::Refused(refusal)) => self.settle(Err(refusal.into_error())),
            (_, Ending::Clean) => self.settle(Err(Error::NoAnswer)),
            (_, Ending::Broken(failure)) => self.settle(Err(Error::Http(failure))),
            (_, Ending::Invalid(error)) => self.settle(Err(error)),
        }
    }

    fn judged(&mut self, session: &mut Session, probe: Probe, verdict: Verdict) {
        match verdict {
            Verdict::Modern(description) => {
                let wire = Wire::Modern(Modern::new(probe.version));
                self.settle(session.opened(wire, description));
            }
            Verdict::Retry(version) if !self.repeated => {
                self.repeated = true;
                self.stage = Stage::Probe(Probe { version, modern_only: probe.modern_only });
                self.exchange = Exchange::Ready;
            }
            Verdict::Retry(version) => {
                self.settle(Err(Error::UnsupportedVersion(vec![version.to_owned()])));
            }
            Verdict::Initialize => {
                self.stage = Stage::Initialize(Ok(None));
                self.exchange = Exchange::Ready;
            }
            Verdict::Fail(error) => self.settle(Err(error)),
        }
    }

    fn initialized(&mut self, assigned: Result<Option<SessionId>, Error>, result: &str) {
        let agreed = assigned.and_then(|session_id| {
            let description = description::from_initialize(result)?;
            let version = known_legacy(&description.protocol_version).ok_or_else(|| {
                Error::UnsupportedVersion(vec![description.protocol_version.clone()])
            })?;
            Ok((Legacy { version, session_id }, description))
        });
        match agreed {
            Ok((legacy, description)) => {
                self.stage = Stage::Confirm { legacy, description };
                self.exchange = Exchange::Ready;
            }
            Err(error) => self.settle(Err(error)),
        }
    }

    fn deliver(&mut self, session: &mut Session, mut delivery: Delivery) -> Option<Step> {
        match (delivery.poll(), &self.stage) {
            (Step::Done(Ok(_)), Stage::Confirm { legacy, description }) => {
                let opened = session.opened(Wire::Legacy(legacy.clone()), description.clone());
                self.settle(opened);
                None
            }
            (step, _) => {
                self.exchange = Exchange::Delivering(delivery);
                Some(step)
            }
        }
    }

    fn settle(&mut self, outcome: Result<(), Error>) {
        self.exchange = Exchange::Settled(outcome);
    }
}

impl Drive for Handshake {
    fn poll(&mut self, session: &mut Session) -> Step {
        loop {
            let step = match core::mem::replace(&mut self.exchange, Exchange::Over) {
                Exchange::Ready => self.send(session),
                Exchange::Receiving(inbound) => self.receive(session, inbound),
                Exchange::Delivering(delivery) => self.deliver(session, delivery),
                Exchange::Settled(Ok(())) => Some(done()),
                Exchange::Settled(Err(error)) => Some(Step::Done(Err(error))),
                waiting @ (Exchange::Awaiting(_) | Exchange::Over) => {
                    self.exchange = waiting;
                    Some(out_of_turn())
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn handle_response(&mut self, session: &mut Session, head: Response) {
        let limit = session.message_limit();
        match &mut self.exchange {
            Exchange::Awaiting(id) => {
                // Some servers put a session id on errors, too; it is of use only with a result.
                if let Stage::Initialize(assigned) = &mut self.stage {
                    *assigned = SessionId::assigned_by(&head);
                }
                let reply = Reply::begin(&head, limit, Expected::Answer);
                self.exchange = Exchange::Receiving(Box::new(Inbound::new(*id, reply)));
            }
            Exchange::Delivering(delivery) => delivery.handle_response(&head, limit),
            _ => {}
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        match &mut self.exchange {
            Exchange::Receiving(inbound) => inbound.feed(bytes),
            Exchange::Delivering(delivery) => delivery.handle_body(bytes),
            _ => {}
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        match &mut self.exchange {
            Exchange::Receiving(inbound) => inbound.end(end),
            Exchange::Delivering(delivery) => delivery.handle_body_end(end),
            _ => {}
        }
    }

    fn handle_failure(&mut self, _session: &mut Session, failure: Failure) {
        self.settle(Err(Error::Http(failure)));
    }
}

fn discover(session: &Session, id: i64, version: &'static str) -> Result<HttpRequest, Error> {
    let modern = Modern::new(version);
    let params = Params::parse(None)?;
    let method = "server/discover";
    let outline = Outline { id: Some(id), method, params: &params, progress: false };
    let body = modern.message(session.config(), &outline);
    Ok(session.post(modern.fields(method, &params)?, body, None))
}

fn confirmation(session: &Session, legacy: &Legacy) -> HttpRequest {
    let message = crate::jsonrpc::write_call(None, "notifications/initialized", None);
    session.post(legacy.fields(), message, None)
}
