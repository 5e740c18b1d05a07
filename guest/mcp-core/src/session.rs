//! What all calls to one server share.

use core::time::Duration;

use crate::cache::{Cache, CacheKey};
use crate::call::{Answer, Call, CallId, Outgoing};
use crate::config::{RelayConfig, SessionConfig};
use crate::cookies::Cookies;
use crate::description::ServerDescription;
use crate::elsewhere::Elsewhere;
use crate::error::{Error, RpcError};
use crate::http::{HttpRequest, Method};
use crate::json_text::{Picked, quoted};
use crate::jsonrpc::{self, Id};
use crate::legacy::{Legacy, Transport};
use crate::limits::UNPRODUCTIVE_RESUMPTIONS;
use crate::modern::Modern;
use crate::notification::{Change, Notification};
use crate::params::Params;
use crate::relayed::Relayed;
use crate::version::Era;
use sandbar_exchange::Response;

mod exchanges;

/// The id of a request that the server made, to answer it with [`Session::response`].
///
/// It remembers which opening of the session it belongs to, so that an answer never reaches a
/// session other than the one that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    pub(crate) id: Id,
    pub(crate) generation: u64,
}

impl RequestId {
    /// Whether a notification says that the server wants the request answered no more (2025-11-25,
    /// "Cancellation").
    #[must_use]
    pub fn is_taken_back_by(&self, notification: &Notification) -> bool {
        if notification.method != "notifications/cancelled" {
            return false;
        }
        let params = notification.params.as_deref().unwrap_or("{}");
        let picked = Picked::from(params, ["requestId"]);
        picked
            .is_ok_and(|Picked { values: [id], .. }| id.and_then(Id::of).as_ref() == Some(&self.id))
    }
}

/// How the server is spoken to at the moment.
#[derive(Debug)]
pub(crate) enum Wire {
    /// Not yet: nobody has opened the session.
    Unopened,
    /// Statelessly.
    Modern(Modern),
    /// Within a session of the server.
    Legacy(Legacy),
    /// The server forgot the session.
    Lost,
    /// The caller is closing the session: the server hears what was given up, and then the farewell.
    Closing(Parting),
    /// The caller closed the session.
    Closed,
}

/// How a server still hears what was given up in a session that ends.
#[derive(Debug)]
pub(crate) enum Parting {
    /// Which of its tasks nobody wants any more: a call ends with its connection.
    Modern(Modern),
    /// Within its session, which it keeps until the farewell.
    Legacy(Legacy),
}

/// One MCP server, as all calls to it see it.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    /// The `ClientCapabilities` of the modern era, as JSON text.
    declared: String,
    wire: Wire,
    description: Option<ServerDescription>,
    generation: u64,
    last_id: i64,
    cookies: Cookies,
    cache: Cache,
    elsewhere: Elsewhere,
    second_look: SecondLook,
    /// What is known of the client whose messages are carried; none where there is none but this one.
    relayed: Option<Box<Relayed>>,
    /// Sessions whose loss the stream for what belongs to no request has noticed, one after another
    /// without a message between.
    lost_in_vain: u32,
}

/// Whether the era was found out wrong: a server may know one request of an era and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecondLook {
    /// Nothing speaks against what was found.
    NotNeeded,
    /// The next opening tries this era first.
    Due(Era),
    /// Once is enough for an honest server.
    Taken,
}

impl Session {
    /// A session that is not open yet.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] where a setting could not be sent: capabilities that are not a
    /// JSON object, fields that HTTP does not allow or that the protocol writes itself.
    pub fn new(config: SessionConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            declared: config.modern_capabilities(),
            config,
            wire: Wire::Unopened,
            description: None,
            generation: 0,
            last_id: 0,
            cookies: Cookies::default(),
            cache: Cache::default(),
            elsewhere: Elsewhere::default(),
            second_look: SecondLook::NotNeeded,
            relayed: None,
            lost_in_vain: 0,
        })
    }

    /// A session that is the affair of another client: its messages are carried as they are.
    ///
    /// # Errors
    ///
    /// Those of [`Session::new`].
    pub fn relaying(config: RelayConfig) -> Result<Self, Error> {
        let session = Self::new(config.into_session_config())?;
        Ok(Self { relayed: Some(Box::default()), ..session })
    }

    /// Carries a message of the client: see [`Step::Text`](crate::Step::Text) for what the server
    /// says. Its result is empty text.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] from [`Session::close`] on, [`Error::InvalidParams`] where the message is
    /// none.
    pub fn relay(&mut self, message: String) -> Result<Call, Error> {
        self.check_open()?;
        Ok(Call::relay(self.relayed_mut().outbound(message)?))
    }

    /// Whether the client has confirmed its session since this was asked last, so that the stream for
    /// what belongs to no request is due.
    pub fn was_confirmed(&mut self) -> bool {
        core::mem::take(&mut self.relayed_mut().confirmed)
    }

    /// Whether the session is another client's.
    #[must_use]
    pub const fn relays(&self) -> bool {
        self.relayed.is_some()
    }

    pub(crate) fn relayed_mut(&mut self) -> &mut Relayed {
        self.relayed.get_or_insert_default()
    }

    pub(crate) fn relayed(&self) -> Option<&Relayed> {
        self.relayed.as_deref()
    }

    /// What is known of the server; `Some` from the first successful opening on.
    #[must_use]
    pub const fn description(&self) -> Option<&ServerDescription> {
        self.description.as_ref()
    }

    /// How often the session was opened. It moves on with every reopening, which tells a caller
    /// asked to reopen whether somebody else already did.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The opening: finds out the era, and in the legacy one makes the handshake. Its result is
    /// empty text.
    pub fn open(&mut self) -> Call {
        if let Some(replayed) = self.relayed().and_then(Relayed::replay) {
            return Call::replay(replayed);
        }
        let known = match core::mem::replace(&mut self.second_look, SecondLook::Taken) {
            SecondLook::Due(era) => Some(era),
            other => {
                self.second_look = other;
                self.known_era()
            }
        };
        Call::opening(known, self.config.era.is_some())
    }

    /// The stream of a legacy server for what belongs to no request, where the settings want it and
    /// the server may have it: to be run in the background after each opening. Its end, which does
    /// not come before that of the session where all is well, means nothing.
    pub fn standing_stream(&self) -> Option<Call> {
        let may_have_it =
            matches!(&self.wire, Wire::Legacy(Legacy { transport: Transport::StreamableHttp, .. }));
        (self.config.listens && may_have_it).then(|| Call::standing(self.generation))
    }

    /// What tells a legacy server the least important log messages to send, where the settings say so
    /// and it has logging: to be run in the background after each opening. A modern one is told with
    /// each request.
    pub fn log_level_call(&mut self) -> Option<Call> {
        let level = self.config.log_level?;
        let has_logging = self.description.as_ref().is_some_and(|known| known.has("logging"));
        let is_legacy =
            matches!(&self.wire, Wire::Legacy(Legacy { transport: Transport::StreamableHttp, .. }));
        (has_logging && is_legacy).then(|| {
            let params = Params::object(&[("level", &quoted(level.name()))]);
            Call::courtesy(Outgoing {
                call: CallId(u64::MAX),
                method: "logging/setLevel".to_owned(),
                params,
                progress: false,
                idle_timeout: None,
                meta: None,
            })
        })
    }

    /// A request. Its result is the JSON text of `result`, byte for byte as the server wrote it
    /// (except for tools that must be hidden, see 2026-07-28, "Schema Extension").
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] from [`Session::close`] on, [`Error::InvalidParams`] where `meta` is not a
    /// JSON object.
    pub fn request(&mut self, mut request: Outgoing) -> Result<Call, Error> {
        self.check_open()?;
        if let Some(meta) = request.meta.take() {
            request.params = request.params.with_caller_meta(&meta)?;
        }
        Ok(Call::request(request))
    }

    /// What an answer to this request would be kept under; none of one whose answers are never kept.
    #[must_use]
    pub fn cache_key(&self, method: &str, params: &Params) -> Option<CacheKey> {
        matches!(self.wire, Wire::Modern(_))
            .then(|| self.cache.key(method, params.as_str()))
            .flatten()
    }

    /// The answer that was kept under `key`, if it still holds: `now` is on the same clock as in
    /// [`Session::keep`].
    pub fn kept(&mut self, key: &CacheKey, now: Duration) -> Option<String> {
        self.cache.get(key, now)
    }

    /// Keeps an answer for as long as it holds.
    pub fn keep(&mut self, key: CacheKey, answer: &Answer, now: Duration) {
        if let Some(fresh_for) = answer.fresh_for {
            self.cache.keep(key, &answer.result, now.saturating_add(fresh_for));
        }
    }

    /// Anything may have changed at the server.
    pub(crate) fn forget_answers(&mut self) {
        self.cache.clear();
    }

    /// Something has changed at the server, or nothing.
    pub(crate) fn has_changed(&mut self, change: Option<&Change>) {
        if let Some(change) = change {
            self.cache.forget(change);
        }
    }

    /// A notification. Its result is empty text.
    ///
    /// # Errors
    ///
    /// As for [`Session::request`].
    pub fn notification(&mut self, method: &str, params: Params) -> Result<Call, Error> {
        self.check_open()?;
        Ok(Call::notification(method.to_owned(), params, self.generation))
    }

    /// The answer to a request of a legacy server; the outcome's texts are JSON. The call's result
    /// is empty text.
    pub fn response(&mut self, id: RequestId, outcome: Result<String, RpcError>) -> Call {
        Call::message(jsonrpc::write_response(&id.id, &outcome), id.generation)
    }

    /// Begins the end of the session: nothing new is sent in it. Calls in flight are to be given
    /// up; what [`Call::cancellation`] says of them is still true and can still be sent. When it
    /// was, [`Session::farewell`] is due.
    pub fn close(&mut self) {
        self.wire = match core::mem::replace(&mut self.wire, Wire::Closed) {
            Wire::Modern(modern) => Wire::Closing(Parting::Modern(modern)),
            Wire::Legacy(legacy) => Wire::Closing(Parting::Legacy(legacy)),
            Wire::Closing(parting) => Wire::Closing(parting),
            Wire::Unopened | Wire::Lost | Wire::Closed => Wire::Closed,
        };
    }

    /// Ends the session, also one that [`Session::close`] did not begin to. A legacy server that
    /// assigned a session id gets the returned DELETE, whose outcome does not matter: servers may
    /// refuse it with 405. A cancellation that arrives after it means nothing to the server.
    pub fn farewell(&mut self) -> Option<HttpRequest> {
        self.close();
        match core::mem::replace(&mut self.wire, Wire::Closed) {
            Wire::Closing(Parting::Legacy(legacy)) => self.goodbye(&legacy),
            _ => None,
        }
    }

    /// The same for a session that another one takes the place of.
    pub(crate) fn replaced(&self) -> Option<HttpRequest> {
        match &self.wire {
            Wire::Legacy(legacy) => self.goodbye(legacy),
            _ => None,
        }
    }

    fn goodbye(&self, legacy: &Legacy) -> Option<HttpRequest> {
        legacy.session_id.as_ref()?;
        Some(HttpRequest {
            url: None,
            method: Method::Delete,
            fields: self.with_configured(legacy.fields()),
            body: None,
            idle_timeout: self.config.idle_timeout,
            deadline: None,
        })
    }

    pub(crate) const fn check_open(&self) -> Result<(), Error> {
        match self.wire {
            Wire::Closing(_) | Wire::Closed => Err(Error::Closed),
            Wire::Unopened | Wire::Modern(_) | Wire::Legacy(_) | Wire::Lost => Ok(()),
        }
    }

    /// The era that the settings name, or that an earlier opening found.
    fn known_era(&self) -> Option<Era> {
        self.config.era.or_else(|| self.description.as_ref().map(|known| known.era))
    }

    pub(crate) const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// The `ClientCapabilities` of the modern era, as JSON text.
    pub(crate) fn declared(&self) -> &str {
        &self.declared
    }

    pub(crate) const fn wire(&self) -> &Wire {
        &self.wire
    }

    pub(crate) const fn modern_mut(&mut self) -> Option<&mut Modern> {
        match &mut self.wire {
            Wire::Modern(modern) => Some(modern),
            _ => None,
        }
    }

    /// The largest message accepted, as a size in memory.
    pub(crate) fn message_limit(&self) -> usize {
        usize::try_from(self.config.max_message_bytes).unwrap_or(usize::MAX)
    }

    /// An id that no request of this session had before.
    pub(crate) const fn next_id(&mut self) -> i64 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    /// Begins a new generation. A session that was closed meanwhile stays closed.
    pub(crate) fn opened(
        &mut self,
        wire: Wire,
        description: ServerDescription,
    ) -> Result<(), Error> {
        self.check_open()?;
        self.wire = wire;
        self.cache.clear();
        self.elsewhere.clear();
        self.description = Some(description);
        self.generation = self.generation.wrapping_add(1);
        Ok(())
    }

    /// An answer came that was not due on its stream: it is kept for the call that it may be meant for.
    pub(crate) fn answered_elsewhere(&mut self, id: i64, answer: Result<String, RpcError>) {
        if matches!(self.wire, Wire::Legacy(_)) && (1..=self.last_id).contains(&id) {
            self.elsewhere.keep(id, answer);
        }
    }

    /// The answer to the request `id`, if it came on another stream than its own.
    pub(crate) fn take_answer(&mut self, id: i64) -> Option<Result<String, RpcError>> {
        self.elsewhere.take(id)
    }

    /// Remembers that the server forgot the session, unless a newer one is open already.
    pub(crate) fn lost(&mut self, generation: u64) {
        if self.generation == generation && matches!(self.wire, Wire::Legacy(_)) {
            self.wire = Wire::Lost;
        }
    }

    /// A message came on the stream for what belongs to no request: it is worth another session.
    pub(crate) const fn was_told(&mut self) {
        self.lost_in_vain = 0;
    }

    /// Remembers that the server forgot the session of that stream. Says whether there is any use in
    /// another: a server that forgets each of them is not asked for ever.
    pub(crate) fn lost_untold(&mut self, generation: u64) -> bool {
        self.lost(generation);
        let is_useful = self.lost_in_vain < UNPRODUCTIVE_RESUMPTIONS;
        self.lost_in_vain += u32::from(is_useful);
        is_useful
    }

    /// Remembers that the server is not of the era that it was taken for, so that the next opening
    /// looks again. Says whether there is any use in that.
    pub(crate) fn mistaken(&mut self, generation: u64) -> bool {
        if self.generation != generation {
            // Another call has noticed before, and the session has been opened again.
            return true;
        }
        let may_look_again = self.config.era.is_none()
            && self.second_look == SecondLook::NotNeeded
            && matches!(self.wire, Wire::Modern(_));
        if may_look_again {
            self.second_look = SecondLook::Due(Era::Legacy);
            self.wire = Wire::Lost;
        }
        may_look_again
    }

    /// The URL of the server.
    pub(crate) fn endpoint(&self) -> &str {
        &self.config.url
    }

    /// Takes what the head of any response asks to be remembered.
    pub(crate) fn notice(&mut self, head: &Response) {
        self.cookies.take(&self.config.url, head);
    }
}
