//! The opening of a session: one exchange with a modern server, up to three with a legacy one.

use core::time::Duration;

use crate::description::{self, ServerDescription};
use crate::error::{Error, RpcError};
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Received};
use crate::jsonrpc::Id;
use crate::legacy::{self, Legacy, SessionId, Transport};
use crate::limits::PROBE_DEADLINE;
use crate::modern::{Modern, Outline};
use crate::negotiation::{self, Probe, Verdict};
use crate::params::Params;
use crate::relayed::Replayed;
use crate::reply::{Ending, Expected, Refusal, Reply};
use crate::session::{Session, Wire};
use crate::version::{Era, NEWEST_MODERN, OLDEST_LEGACY, known_legacy};
use sandbar_exchange::{Failure, Response};

use super::delivery::Delivery;
use super::http_sse::{HttpSse, Progress};
use super::repetition::Repetitions;
use super::{Drive, Step, done, out_of_turn};

/// The opening, as far as it got.
#[derive(Debug)]
pub(super) struct Handshake {
    stage: Stage,
    exchange: Exchange,
    /// Whether the caller says which era it is.
    insists: bool,
    /// Whether the probe was sent.
    probed: bool,
    /// Whether the probe was repeated with another version. Once is enough for an honest server.
    repeated: bool,
    /// Those of the request in flight.
    repetitions: Repetitions,
    /// What another client said when it opened the session that is opened again.
    replayed: Option<Replayed>,
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
    /// To be sent after a wait.
    Held(Duration),
    /// The wait goes on.
    Waiting,
    Awaiting(Id),
    Receiving(Box<Inbound>),
    /// The last POST, which is only acknowledged.
    Delivering(Delivery),
    /// `initialize` on a stream of the old transport, and why it was not done in the newer one.
    OnStream(Box<HttpSse>, Box<Error>),
    Settled(Result<(), Error>),
    Over,
}

impl Handshake {
    pub(super) fn new(known: Option<Era>, insists: bool) -> Self {
        let stage = match known {
            Some(Era::Legacy) => Stage::Initialize(Ok(None)),
            known => Stage::Probe(Probe {
                version: NEWEST_MODERN,
                modern_only: insists && known == Some(Era::Modern),
            }),
        };
        Self {
            stage,
            exchange: Exchange::Ready,
            insists,
            probed: false,
            repeated: false,
            repetitions: Repetitions::default(),
            replayed: None,
        }
    }

    /// The opening of another client once more: there is nothing to find out.
    pub(super) fn replaying(replayed: Replayed) -> Self {
        Self { replayed: Some(replayed), ..Self::new(Some(Era::Legacy), true) }
    }

    fn confirmation(&self, session: &Session, legacy: &Legacy) -> HttpRequest {
        let theirs = self.replayed.as_ref().and_then(|replayed| replayed.initialized.clone());
        let message = theirs.map_or_else(
            || crate::jsonrpc::write_call(None, INITIALIZED, None),
            String::into_bytes,
        );
        session.post(legacy.fields(), message, None)
    }

    fn send(&mut self, session: &mut Session) -> Option<Step> {
        if let Err(closed) = session.check_open() {
            return Some(Step::Done(Err(closed)));
        }
        if let Stage::Confirm { legacy, .. } = &self.stage {
            let request = self.confirmation(session, legacy);
            self.exchange = Exchange::Delivering(Delivery::new(INITIALIZED, request));
            return None;
        }
        let number = session.next_id();
        let mut id = Id::from(number);
        let request = match (&self.stage, &self.replayed) {
            (Stage::Probe(probe), _) => {
                self.probed = true;
                discover(session, number, probe)
            }
            (_, Some(Replayed { initialize, .. })) => {
                id = initialize.id.clone();
                Ok(session.post(Vec::new(), initialize.text.clone().into_bytes(), None))
            }
            _ => Ok(session.post(Vec::new(), legacy::initialize(number, session.config()), None)),
        };
        match request {
            Ok(request) => {
                self.exchange = Exchange::Awaiting(id);
                Some(Step::Send(request))
            }
            Err(error) => Some(Step::Done(Err(error))),
        }
    }

    /// What is asked at this stage.
    const fn method(&self) -> &'static str {
        match self.stage {
            Stage::Probe(_) => "server/discover",
            Stage::Initialize(_) => "initialize",
            Stage::Confirm { .. } => INITIALIZED,
        }
    }

    /// Goes on with another request.
    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.exchange = Exchange::Ready;
        self.repetitions = Repetitions::default();
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
            Received::Notification { .. }
            | Received::Request { .. }
            | Received::Elsewhere(..)
            | Received::Endpoint(_)
            | Received::Verbatim(..)
            | Received::Noise(_) => {
                self.exchange = Exchange::Receiving(inbound);
                None
            }
            Received::Answer(outcome) => {
                self.answered(session, outcome);
                inbound.is_open().then_some(Step::Drop)
            }
            Received::End(ending) => {
                self.ended(session, ending);
                // What is broken may have more to come.
                inbound.is_open().then_some(Step::Drop)
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
            (Stage::Initialize(_), Err(error)) => self.not_initialized(Error::Rpc(error)),
            (Stage::Confirm { .. }, Err(error)) => self.settle(Err(Error::Rpc(error))),
            (Stage::Confirm { .. }, Ok(_)) => self.settle(Ok(())),
        }
    }

    fn ended(&mut self, session: &mut Session, ending: Ending) {
        match ending {
            Ending::Refused(refusal) => self.refused(session, *refusal),
            Ending::Broken(failure) => self.failed(session, failure),
            Ending::Clean => self.unanswered(session, Error::NoAnswer),
            Ending::Invalid(Error::InvalidMessage(what)) => {
                let method = self.method();
                let what = format!("in answer to `{method}`: {what}");
                self.unanswered(session, Error::InvalidMessage(what));
            }
            Ending::Invalid(error) => self.settle(Err(error)),
        }
    }

    fn refused(&mut self, session: &mut Session, refusal: Refusal) {
        if let Some(wait) = self.repetitions.after_refusal(self.method(), &refusal) {
            self.exchange = Exchange::Held(wait);
            return;
        }
        match self.stage {
            Stage::Probe(probe) => {
                let verdict = probe.on_refusal(refusal, session.endpoint());
                self.judged(session, probe, verdict);
            }
            Stage::Initialize(_)
                if matches!(refusal.status(), 404 | 405) && self.replayed.is_none() =>
            {
                let error = refusal.into_error(self.method(), session.endpoint());
                // What a server of 2024-11-05 says to a POST where it has a stream.
                let has_no_endpoint = matches!(error, Error::Status(_));
                if has_no_endpoint {
                    self.exchange = Exchange::OnStream(Box::new(HttpSse::new()), Box::new(error));
                } else {
                    self.not_initialized(error);
                }
            }
            _ => {
                let error = refusal.into_error(self.method(), session.endpoint());
                self.not_initialized(error);
            }
        }
    }

    /// Goes on with the old transport, up to the answer to `initialize`.
    fn on_stream(
        &mut self,
        session: &mut Session,
        mut stream: Box<HttpSse>,
        refused: Box<Error>,
    ) -> Option<Step> {
        let step = match stream.poll(session) {
            Progress::Step(Step::Send(request)) => {
                // A stream that says nothing is no better than a probe that is not answered.
                Some(Step::Send(HttpRequest { deadline: Some(PROBE_DEADLINE), ..request }))
            }
            Progress::Step(step) => Some(step),
            Progress::Notification { .. } | Progress::Noise(_) => None,
            Progress::Answer(outcome) => {
                let outcome = outcome.map_err(Error::Rpc).and_then(|result| {
                    let description = description::from_initialize(&result)?;
                    let version = known_legacy(&description.protocol_version);
                    let version = version.unwrap_or(OLDEST_LEGACY).into();
                    let transport = Transport::HttpSse;
                    let legacy = Legacy { version, session_id: None, transport };
                    session.opened(Wire::Legacy(legacy), description)
                });
                self.settle(outcome);
                return None;
            }
            Progress::Ended(ending) => {
                self.settle(Err(match ending {
                    Ending::Invalid(error) if stream.is_spoken() => error,
                    Ending::Broken(failure) if stream.is_spoken() => Error::Http(failure),
                    // It was worth a try.
                    _ => *refused,
                }));
                return None;
            }
        };
        self.exchange = Exchange::OnStream(stream, refused);
        step
    }

    fn failed(&mut self, session: &mut Session, failure: Failure) {
        if self.repetitions.after_loss(self.method(), &failure) {
            self.exchange = Exchange::Ready;
            return;
        }
        match self.stage {
            Stage::Probe(probe) => self.judged(session, probe, probe.on_failure(failure)),
            _ => self.settle(Err(Error::Http(failure))),
        }
    }

    /// The response ended, and there was no answer that could be read.
    fn unanswered(&mut self, session: &mut Session, error: Error) {
        match self.stage {
            Stage::Probe(probe) => self.judged(session, probe, probe.on_no_answer(error)),
            _ => self.settle(Err(error)),
        }
    }

    /// The server refused `initialize`. One that was legacy before may have become modern.
    fn not_initialized(&mut self, error: Error) {
        let is_modern =
            matches!(&error, Error::Rpc(error) if negotiation::is_modern_refusal(error));
        if is_modern && !self.insists && !self.probed {
            self.enter(Stage::Probe(Probe { version: NEWEST_MODERN, modern_only: true }));
        } else {
            self.settle(Err(error));
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
                self.enter(Stage::Probe(Probe { version, ..probe }));
            }
            Verdict::Retry(version) => {
                self.settle(Err(Error::UnsupportedVersion(vec![version.to_owned()])));
            }
            Verdict::Initialize => self.enter(Stage::Initialize(Ok(None))),
            Verdict::Fail(error) => self.settle(Err(error)),
        }
    }

    fn initialized(&mut self, assigned: Result<Option<SessionId>, Error>, result: &str) {
        let replays = self.replayed.is_some();
        let agreed = assigned.and_then(|session_id| {
            let description = description::from_initialize(result)?;
            let version = match known_legacy(&description.protocol_version) {
                Some(version) => version.into(),
                // Whether it will do is up to the client whose session it is.
                None if replays => description.protocol_version.clone().into(),
                None => {
                    let theirs = vec![description.protocol_version];
                    return Err(Error::UnsupportedVersion(theirs));
                }
            };
            let transport = Transport::StreamableHttp;
            Ok((Legacy { version, session_id, transport }, description))
        });
        match agreed {
            Ok((legacy, description)) => self.enter(Stage::Confirm { legacy, description }),
            Err(error) => self.settle(Err(error)),
        }
    }

    fn deliver(&mut self, session: &mut Session, mut delivery: Delivery) -> Option<Step> {
        match (delivery.poll(session), &self.stage) {
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
                Exchange::OnStream(stream, refused) => self.on_stream(session, stream, refused),
                Exchange::Held(wait) => {
                    self.exchange = Exchange::Waiting;
                    Some(Step::Wait(wait))
                }
                Exchange::Settled(Ok(())) => Some(done()),
                Exchange::Settled(Err(error)) => Some(Step::Done(Err(error))),
                waiting @ (Exchange::Awaiting(_) | Exchange::Waiting | Exchange::Over) => {
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
                self.exchange = Exchange::Receiving(Box::new(Inbound::new(id.clone(), reply)));
            }
            Exchange::Delivering(delivery) => delivery.handle_response(&head, limit),
            Exchange::OnStream(stream, _) => stream.handle_response(session, &head),
            _ => {}
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        match &mut self.exchange {
            Exchange::Receiving(inbound) => inbound.feed(bytes),
            Exchange::Delivering(delivery) => delivery.handle_body(bytes),
            Exchange::OnStream(stream, _) => stream.handle_body(bytes),
            _ => {}
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        match &mut self.exchange {
            Exchange::Receiving(inbound) => inbound.end(end),
            Exchange::Delivering(delivery) => delivery.handle_body_end(end),
            Exchange::OnStream(stream, _) => stream.handle_body_end(end),
            _ => {}
        }
    }

    fn handle_failure(&mut self, session: &mut Session, failure: Failure) {
        match &mut self.exchange {
            Exchange::Delivering(delivery) => delivery.handle_failure(failure),
            Exchange::OnStream(stream, _) => stream.handle_failure(failure),
            _ => self.failed(session, failure),
        }
    }

    fn handle_timer(&mut self) {
        if matches!(self.exchange, Exchange::Waiting) {
            self.exchange = Exchange::Ready;
        }
    }
}

pub(crate) const INITIALIZED: &str = "notifications/initialized";

fn discover(session: &Session, id: i64, probe: &Probe) -> Result<HttpRequest, Error> {
    let modern = Modern::new(probe.version);
    let params = Params::parse(None)?;
    let method = "server/discover";
    let outline = Outline { id: Some(id), method, params: &params, progress: false };
    let body = modern.message(session, &outline);
    let request = session.post(modern.fields(method, &params)?, body, None);
    // Whoever insists on the era waits for the answer as long as for any other.
    let deadline = (!probe.modern_only).then_some(PROBE_DEADLINE);
    Ok(HttpRequest { deadline, ..request })
}
