//! The exchanges of a session, as HTTP requests.

use core::time::Duration;

use super::{Session, Wire};
use crate::error::Error;
use crate::http::{HttpRequest, Method};
use crate::legacy::Legacy;
use crate::limits::STANDING_SILENCE;
use crate::reply::Cursor;
use sandbar_exchange::Field;

/// What front ends want of every request: filters refuse one without a name, and content delivery
/// networks compress for whoever does not say otherwise.
const EVERY_REQUEST: [(&str, &str); 2] = [
    ("user-agent", concat!("sandbar/", env!("CARGO_PKG_VERSION"))),
    ("accept-encoding", "identity"),
];

impl Session {
    /// A POST of one message (2025-03-26 and later, "Sending Messages to the Server").
    pub(crate) fn post(
        &self,
        own: Vec<Field>,
        body: Vec<u8>,
        idle_timeout: Option<Duration>,
    ) -> HttpRequest {
        let mut fields = vec![
            Field::new("content-type", "application/json"),
            Field::new("accept", "application/json, text/event-stream"),
        ];
        fields.extend(own);
        HttpRequest {
            url: None,
            method: Method::Post,
            fields: self.with_configured(fields),
            body: Some(body),
            idle_timeout: idle_timeout.or(self.config.idle_timeout),
            deadline: None,
        }
    }

    /// A GET for the rest of a stream that broke, of a request that was made in this opening of the
    /// session.
    ///
    /// # Errors
    ///
    /// Where there is nothing to resume: the session is closed, or another one.
    pub(crate) fn resumption(
        &self,
        generation: u64,
        cursor: &Cursor,
        idle_timeout: Option<Duration>,
    ) -> Result<HttpRequest, Error> {
        match (self.wire(), cursor.event_id()) {
            (Wire::Legacy(legacy), Some(event_id)) if self.generation() == generation => {
                Ok(self.resume(legacy, event_id, idle_timeout))
            }
            (Wire::Closing(_) | Wire::Closed, _) => Err(Error::Closed),
            // The stream belongs to a session that is no more.
            _ => Err(Error::SessionLost),
        }
    }

    /// A GET that resumes a stream after the event `last_event_id`.
    fn resume(
        &self,
        legacy: &Legacy,
        last_event_id: &str,
        idle_timeout: Option<Duration>,
    ) -> HttpRequest {
        let mut fields = legacy.fields();
        fields.push(Field::new("last-event-id", last_event_id));
        self.get(fields, idle_timeout.or(self.config.idle_timeout))
    }

    /// A GET that opens the stream for what belongs to no request, or resumes it after an event. It
    /// may be silent for as long as nothing happens.
    pub(crate) fn standing(&self, legacy: &Legacy, last_event_id: Option<&str>) -> HttpRequest {
        let mut fields = legacy.fields();
        fields.extend(last_event_id.map(|id| Field::new("last-event-id", id)));
        self.get(fields, Some(STANDING_SILENCE))
    }

    /// A GET that opens a stream of the transport of 2024-11-05.
    pub(crate) fn listen(&self) -> HttpRequest {
        self.get(Vec::new(), self.config.idle_timeout)
    }

    /// A GET of a stream.
    fn get(&self, own: Vec<Field>, idle_timeout: Option<Duration>) -> HttpRequest {
        let mut fields = vec![Field::new("accept", "text/event-stream")];
        fields.extend(own);
        HttpRequest {
            url: None,
            method: Method::Get,
            fields: self.with_configured(fields),
            body: None,
            idle_timeout,
            deadline: None,
        }
    }

    /// The fields of a request with those that every one has: the caller's, and ours where the
    /// caller has not set them.
    pub(super) fn with_configured(&self, mut fields: Vec<Field>) -> Vec<Field> {
        fields.extend(self.config.fields.iter().cloned());
        for (name, value) in EVERY_REQUEST {
            if !fields.iter().any(|field| field.name.eq_ignore_ascii_case(name)) {
                fields.push(Field::new(name, value));
            }
        }
        self.cookies.add_to(&mut fields);
        fields
    }
}
