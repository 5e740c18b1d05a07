//! What is sent, and what comes back.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// A length of time in nanoseconds.
pub type Nanoseconds = u64;

/// A duration as it crosses a boundary. Saturates: 584 years are as good as for ever.
#[must_use]
pub fn nanoseconds(duration: Duration) -> Nanoseconds {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// One header field line (RFC 9110 section 5). Order and repeats are kept by whoever lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Field {
    /// A token (RFC 9110 section 5.6.2).
    pub name: String,
    /// Bytes, not promised to be UTF-8.
    pub value: Vec<u8>,
}

/// Why a field cannot be sent. The fault of whoever wrote the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidField {
    /// The name is not a token.
    #[error("the name of a field is not a token")]
    Name,
    /// The value holds a control character (RFC 9110 section 5.5).
    #[error("the value of a field has a control character")]
    Value,
}

impl Field {
    /// A field from text.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Checks name and value against RFC 9110, so that no field can add another one.
    ///
    /// # Errors
    ///
    /// Which of the two it is.
    pub fn check(&self) -> Result<(), InvalidField> {
        if !is_token(&self.name) {
            return Err(InvalidField::Name);
        }
        let legal = |&byte: &u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
        if self.value.iter().all(legal) { Ok(()) } else { Err(InvalidField::Value) }
    }

    /// Bytes that the field holds in memory, nearly.
    #[must_use]
    pub fn cost(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.value.len()
    }
}

/// Whether a text is a token (RFC 9110 section 5.6.2), as methods and field names are.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

/// An enum of the WIT: bindings make its values from their numbers.
macro_rules! wit_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $wit:literal,)* }) => {
        $(#[$doc])*
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(
            feature = "wasmtime",
            derive(wasmtime::component::ComponentType, wasmtime::component::Lift, wasmtime::component::Lower),
            component(enum)
        )]
        pub enum $name {
            $($(#[$case_doc])* #[cfg_attr(feature = "wasmtime", component(name = $wit))] $case,)*
        }

        impl $name {
            /// The case of this number; generated bindings ask for it. Numbers beyond the last
            /// do not cross a boundary: the runtime traps on them.
            #[doc(hidden)]
            #[must_use]
            pub fn _lift(number: u8) -> Self {
                let cases = [$(Self::$case),*];
                let last = cases.len() - 1;
                cases.get(usize::from(number).min(last)).copied().unwrap_or(cases[0])
            }
        }
    };
}

pub(crate) use wit_enum;

wit_enum! {
    /// What an executor does with a 301, 302, 303, 307 or 308 response.
    RedirectPolicy {
        /// Go where `location` points, at most 10 hops.
        Follow = "follow",
        /// Return the redirect itself.
        Stop = "stop",
    }
}

wit_enum! {
    /// The part of an exchange that a deadline is for.
    Phase {
        /// Making the connection, TLS included.
        Connect = "connect",
        /// From the request sent to the first byte of the response.
        FirstByte = "first-byte",
        /// Between two reads of the body that yield bytes.
        Idle = "idle",
        /// The whole exchange, body included.
        Total = "total",
    }
}

impl Phase {
    /// How long the phase may take where the request says nothing, whoever dials.
    ///
    /// - Connecting: 10 s. Several retransmissions of a lost SYN (1 s, 3 s, 7 s) fit in.
    /// - The first byte: 5 min. A tool call answered with plain JSON is silent while it works.
    /// - Between two bytes that are waited for: 5 min. Above the usual interval of keep-alive
    ///   comments in event streams, and finite.
    /// - In all: for as long as bytes arrive.
    #[must_use]
    pub const fn default_deadline(self) -> Duration {
        match self {
            Self::Connect => Duration::from_secs(10),
            Self::FirstByte | Self::Idle => Duration::from_secs(300),
            Self::Total => Duration::MAX,
        }
    }
}

/// How long a phase of an exchange may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Deadline {
    /// Of what.
    pub phase: Phase,
    /// How long.
    pub after: Nanoseconds,
}

impl Deadline {
    /// How long a phase may take by these deadlines, if they say so: the shortest of them.
    #[must_use]
    pub fn of(phase: Phase, deadlines: &[Self]) -> Option<Duration> {
        let of_phase = deadlines.iter().filter(|deadline| deadline.phase == phase);
        of_phase.map(|deadline| Duration::from_nanos(deadline.after)).min()
    }
}

/// A request (RFC 9110 section 9), as the side that wants it describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Request {
    /// Any token, sent as it is: methods are case-sensitive.
    pub method: String,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Fields to send, in order.
    pub fields: Vec<Field>,
    /// The content; none is not the same as an empty one.
    pub body: Option<Vec<u8>>,
    /// What to do with a redirect.
    pub redirects: RedirectPolicy,
    /// Deadlines; a phase without one has the executor's default.
    pub deadlines: Vec<Deadline>,
}

impl Request {
    /// A request without fields, content and deadlines, that follows redirects.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            fields: Vec::new(),
            body: None,
            redirects: RedirectPolicy::Follow,
            deadlines: Vec::new(),
        }
    }

    /// Sets a deadline, where there is one.
    #[must_use]
    pub fn within(mut self, phase: Phase, after: Option<Duration>) -> Self {
        self.deadlines.extend(after.map(|after| Deadline { phase, after: nanoseconds(after) }));
        self
    }

    /// How long a phase may take, if the request says so: the shortest of what it says.
    #[must_use]
    pub fn deadline(&self, phase: Phase) -> Option<Duration> {
        Deadline::of(phase, &self.deadlines)
    }

    /// Host and port that the request is first sent to, as failures name them.
    #[must_use]
    pub fn authority(&self) -> Option<String> {
        authority(&self.url)
    }

    /// Bytes that this request holds in memory, nearly.
    #[must_use]
    pub fn cost(&self) -> usize {
        let fields = self.fields.iter().map(Field::cost).sum::<usize>();
        let body = self.body.as_ref().map_or(0, Vec::len);
        let deadlines = self.deadlines.len() * size_of::<Deadline>();
        size_of::<Self>() + self.method.len() + self.url.len() + fields + body + deadlines
    }
}

/// The most bytes of a body that come with the head of its response: room for an answer of the usual
/// size, and little beside what an exchange holds anyway.
pub const BEGINNING_BYTES: usize = 64 * 1024;

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Response {
    /// The status code (RFC 9110 section 15).
    pub status: u16,
    /// Fields as they arrived; names in lower case.
    pub fields: Vec<Field>,
    /// Where the response came from: the URL of the last hop.
    pub url: String,
}

impl Response {
    /// Every value of a field, in order. `name` is lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |field| field.name == name).map(|field| &*field.value)
    }

    /// How many bytes of content the head announces; none where it does not, or contradicts itself
    /// (RFC 9110 sections 6.4.1 and 8.6). An answer to HEAD announces what it does not send.
    #[must_use]
    pub fn announced_bytes(&self, to_head: bool) -> Option<u64> {
        let without_content = to_head || matches!(self.status, 100..=199 | 204 | 304);
        if without_content || self.values("transfer-encoding").next().is_some() {
            return None;
        }
        let mut values = self.values("content-length");
        let length = core::str::from_utf8(values.next()?).ok()?.trim();
        let alone = values.next().is_none() && length.bytes().all(|byte| byte.is_ascii_digit());
        if alone { length.parse().ok() } else { None }
    }

    /// Host and port that the response came from, as failures name them.
    #[must_use]
    pub fn authority(&self) -> Option<String> {
        authority(&self.url)
    }
}

/// Host and port of a URL, the scheme's default filled in.
pub(crate) fn authority(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    let has_port = port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    match scheme {
        _ if has_port => Some(authority.into()),
        "http" => Some(format!("{authority}:80")),
        _ => Some(format!("{authority}:443")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn response(status: u16, fields: &[(&str, &str)]) -> Response {
        let fields = fields.iter().map(|(name, value)| Field::new(*name, *value)).collect();
        Response { status, fields, url: String::new() }
    }

    /// Catches a limit that is not the one of the contract, by which others count.
    #[test]
    fn the_beginning_of_a_body_has_the_length_that_the_contract_says() {
        let contract = include_str!("../../../wit/deps/sandbar-http/client.wit");
        assert!(contract.contains("at\n    /// most 65536."), "the words have changed");
        assert_eq!(BEGINNING_BYTES, 65_536);
    }

    /// Catches a count that takes the length of what was not sent for that of a body, a length
    /// that another coding overrides, and one that nobody can parse.
    #[test]
    fn a_length_is_announced_only_where_there_is_content_of_that_length() {
        let length = ("content-length", "12");
        assert_eq!(response(200, &[length]).announced_bytes(false), Some(12));
        assert_eq!(response(200, &[length]).announced_bytes(true), None);
        for (status, fields) in [
            (204, vec![length]),
            (304, vec![length]),
            (200, vec![length, ("transfer-encoding", "chunked")]),
            (200, vec![length, length]),
            (200, vec![("content-length", "+12")]),
            (200, vec![("content-length", "")]),
            (200, vec![]),
        ] {
            assert_eq!(response(status, &fields).announced_bytes(false), None, "{fields:?}");
        }
    }

    /// Catches a check that lets a line end or another control character through, and one that
    /// refuses the tabs and the bytes beyond ASCII that RFC 9110 allows.
    #[test]
    fn a_value_may_have_any_byte_that_is_no_control_character() {
        for byte in 0..=u8::MAX {
            let is_control = byte.is_ascii_control() && byte != b'\t';
            let checked = Field::new("x", [b'a', byte]).check();
            assert_eq!(checked, if is_control { Err(InvalidField::Value) } else { Ok(()) });
        }
    }

    /// Catches a cost that forgets a part of a request, of which a queue could then hold any
    /// amount.
    #[test]
    fn a_request_costs_what_each_of_its_parts_takes() {
        let mut request = Request::new("GET", "http://a/");
        assert_eq!(request.cost(), size_of::<Request>() + 12);
        request.body = Some(vec![0; 1000]);
        assert_eq!(request.cost(), size_of::<Request>() + 1012);
        request.fields = vec![Field::new("name", "value"); 2];
        let fields = 2 * (size_of::<Field>() + 9);
        assert_eq!(request.cost(), size_of::<Request>() + 1012 + fields);
        request.deadlines = vec![Deadline { phase: Phase::Idle, after: 1 }; 2];
        let deadlines = 2 * size_of::<Deadline>();
        assert_eq!(request.cost(), size_of::<Request>() + 1012 + fields + deadlines);
    }

    /// Catches a failure that names another place on one road than on the other.
    #[test]
    fn an_authority_has_a_port_whatever_its_url_has() {
        for (url, authority) in [
            ("http://a.example/x:1", "a.example:80"),
            ("https://a.example?q", "a.example:443"),
            ("http://a.example:8080/", "a.example:8080"),
            ("http://[::1]/", "[::1]:80"),
            ("http://[::1]:81/", "[::1]:81"),
        ] {
            let response = Response { url: url.into(), ..response(200, &[]) };
            assert_eq!(response.authority().as_deref(), Some(authority));
            assert_eq!(Request::new("GET", url).authority().as_deref(), Some(authority));
        }
    }

    /// Catches a second deadline that replaces a stricter first one.
    #[test]
    fn of_two_deadlines_for_a_phase_the_shorter_counts() {
        let request = Request::new("GET", "http://a/")
            .within(Phase::Idle, Some(Duration::from_secs(1)))
            .within(Phase::Idle, Some(Duration::from_secs(2)))
            .within(Phase::Total, None);
        assert_eq!(request.deadline(Phase::Idle), Some(Duration::from_secs(1)));
        assert_eq!(request.deadline(Phase::Total), None);
    }
}
