//! A server that plays prepared replies, and a driver that carries out steps against it.

use std::collections::VecDeque;
use std::time::Duration;

use sandbar_mcp_core::{
    Answer, Call, CallId, Era, Error, Failure, Field, HttpRequest, InputRequest, Notification,
    Outgoing, Params, Response, ServerRequest, Session, SessionConfig, Step,
};

/// More steps than any script needs: a call that runs on for ever fails instead of hanging.
const MOST_STEPS: usize = 1000;

/// The server of every script.
pub(crate) const ENDPOINT: &str = "http://server.example/mcp";

/// One prepared reply. `$ID` in a chunk stands for the id of the last request that was POSTed.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    head: Result<Response, Failure>,
    chunks: VecDeque<Vec<u8>>,
    end: Result<(), Failure>,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let fields =
            vec![Field { name: "content-type".into(), value: content_type.as_bytes().to_vec() }];
        let fields = if content_type.is_empty() { Vec::new() } else { fields };
        let head = Ok(Response { status, fields, url: ENDPOINT.into() });
        Self { head, chunks: VecDeque::from([body.into()]), end: Ok(()) }
    }

    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", body)
    }

    pub(crate) fn sse(body: &str) -> Self {
        Self::new(200, "text/event-stream", body)
    }

    pub(crate) fn result(result: &str) -> Self {
        Self::json(200, &format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{result}}}"#))
    }

    pub(crate) fn accepted() -> Self {
        Self::new(202, "", "")
    }

    pub(crate) fn failure(failure: Failure) -> Self {
        Self { head: Err(failure), chunks: VecDeque::new(), end: Ok(()) }
    }

    pub(crate) fn set_url(&mut self, url: &str) {
        self.head.as_mut().unwrap().url = url.into();
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.head.as_ref().ok().map(|head| head.status)
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        let field = Field { name: name.into(), value: value.as_bytes().to_vec() };
        self.head.as_mut().unwrap().fields.push(field);
        self
    }

    pub(crate) fn chunk(mut self, chunk: impl Into<Vec<u8>>) -> Self {
        self.chunks.push_back(chunk.into());
        self
    }

    pub(crate) fn broken(mut self, failure: Failure) -> Self {
        self.end = Err(failure);
        self
    }
}

/// What happened, in order.
#[derive(Debug)]
pub(crate) enum Event {
    Sent(HttpRequest),
    Read,
    Text(String),
    Dropped,
    Notified(Notification),
    Asked(ServerRequest),
    Input(Vec<InputRequest>),
    Background,
    Waited(Duration),
    Reopened,
}

/// The script of one test.
#[derive(Debug, Default)]
pub(crate) struct Script {
    replies: VecDeque<Reply>,
    pub(crate) events: Vec<Event>,
    last_id: String,
    /// What the embedder says to each round of input that a server asks for.
    inputs: VecDeque<Option<Vec<String>>>,
    /// Whether calls in the background may fail, and pieces of a body be empty.
    is_lenient: bool,
}

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: replies.into_iter().collect(), ..Self::default() }
    }

    /// With these answers to what the server asks for.
    pub(crate) fn inputs<const N: usize>(mut self, rounds: [Option<&[&str]>; N]) -> Self {
        let owned = |answers: &[&str]| answers.iter().map(|&answer| answer.to_owned()).collect();
        self.inputs = rounds.into_iter().map(|round| round.map(owned)).collect();
        self
    }

    /// Runs a call against replies of which nothing is known.
    pub(crate) fn run_leniently(
        mut self,
        session: &mut Session,
        call: Call,
    ) -> Result<String, Error> {
        self.is_lenient = true;
        self.run(session, call)
    }

    /// Runs a call to its end; everything it asks for happens at once.
    pub(crate) fn run(&mut self, session: &mut Session, mut call: Call) -> Result<String, Error> {
        self.answer(session, &mut call).map(|answer| answer.result)
    }

    /// The same, with all that there is to say of the answer.
    pub(crate) fn answer(
        &mut self,
        session: &mut Session,
        call: &mut Call,
    ) -> Result<Answer, Error> {
        let mut body: Option<Reply> = None;
        for _ in 0..MOST_STEPS {
            match call.poll(session) {
                Step::Text(text) => self.events.push(Event::Text(text)),
                Step::Send(request) => {
                    assert!(body.is_none(), "the last body was neither read nor dropped");
                    self.note_id(&request);
                    let method = request.method.as_str();
                    let request_line = format!("{method} {:?}", request.body.is_some());
                    self.events.push(Event::Sent(request));
                    let reply = self.replies.pop_front();
                    let reply = reply.unwrap_or_else(|| panic!("unexpected {request_line}"));
                    match reply.head.clone() {
                        Ok(head) => {
                            call.handle_response(session, head);
                            body = Some(reply);
                        }
                        Err(failure) => call.handle_failure(session, failure),
                    }
                }
                Step::Read => {
                    self.events.push(Event::Read);
                    let reply = body.as_mut().expect("there is a body to read");
                    match reply.chunks.pop_front().filter(|chunk| !chunk.is_empty()) {
                        Some(chunk) => call.handle_body(session, &self.fill_in(&chunk)),
                        None => {
                            let end = body.take().unwrap().end;
                            call.handle_body_end(session, end);
                        }
                    }
                }
                Step::Drop => {
                    self.events.push(Event::Dropped);
                    body.take().expect("there is a body to drop");
                }
                Step::Notify(notification) => self.events.push(Event::Notified(notification)),
                Step::Answer(request) => self.events.push(Event::Asked(request)),
                Step::Ask(requests) => {
                    self.events.push(Event::Input(requests));
                    call.handle_inputs(session, self.inputs.pop_front().flatten());
                }
                Step::Background(background) => {
                    self.events.push(Event::Background);
                    let outcome = self.run(session, background);
                    assert!(self.is_lenient || outcome.is_ok(), "{outcome:?}");
                }
                Step::Wait(time) => {
                    self.events.push(Event::Waited(time));
                    call.handle_timer(session);
                }
                Step::Reopen { generation } => {
                    self.events.push(Event::Reopened);
                    assert_eq!(generation, session.generation());
                    let opening = session.open();
                    let outcome = self.run(session, opening).map(|_| ());
                    call.handle_reopened(session, outcome);
                }
                Step::Done(outcome) => return outcome,
            }
        }
        panic!("no end after {MOST_STEPS} steps: {:?}", self.events.last())
    }

    fn note_id(&mut self, request: &HttpRequest) {
        let Some(body) = &request.body else { return };
        let text = String::from_utf8_lossy(body);
        let is_request = text.contains(r#""method":"#);
        if is_request && let Some((_, rest)) = text.split_once(r#""id":"#) {
            self.last_id = rest.split([',', '}']).next().unwrap().to_owned();
        }
    }

    fn fill_in(&self, chunk: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(chunk) {
            Ok(text) => text.replace("$ID", &self.last_id).into_bytes(),
            Err(_) => chunk.to_vec(),
        }
    }

    /// Whether every reply was used.
    pub(crate) fn is_played(&self) -> bool {
        self.replies.is_empty()
    }

    pub(crate) fn sent(&self) -> Vec<&HttpRequest> {
        self.pick(|event| if let Event::Sent(request) = event { Some(request) } else { None })
    }

    pub(crate) fn notified(&self) -> Vec<&Notification> {
        self.pick(|event| if let Event::Notified(note) = event { Some(note) } else { None })
    }

    /// What was handed on as it was.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.pick(|event| if let Event::Text(text) = event { Some(text.as_str()) } else { None })
    }

    pub(crate) fn waited(&self) -> Vec<Duration> {
        self.pick(|event| if let Event::Waited(time) = event { Some(*time) } else { None })
    }

    fn pick<'a, T>(&'a self, pick: impl Fn(&'a Event) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(pick).collect()
    }

    /// The JSON-RPC method of every POST, and the HTTP method of everything else.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.sent().into_iter().map(method_of).collect()
    }
}

fn method_of(request: &HttpRequest) -> String {
    let text = body(request);
    let rpc = text.split_once(r#""method":""#).and_then(|(_, rest)| rest.split('"').next());
    rpc.unwrap_or(request.method.as_str()).to_owned()
}

/// The body of a request as text.
pub(crate) fn body(request: &HttpRequest) -> String {
    String::from_utf8(request.body.clone().unwrap_or_default()).unwrap()
}

/// Every value of a field.
pub(crate) fn field<'a>(request: &'a HttpRequest, name: &str) -> Vec<&'a str> {
    let fields = request.fields.iter().filter(|field| field.name == name);
    fields.map(|field| std::str::from_utf8(&field.value).unwrap()).collect()
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig {
        url: ENDPOINT.into(),
        fields: vec![Field { name: "authorization".into(), value: b"Bearer t".to_vec() }],
        client_info: r#"{"name":"c","version":"0"}"#.into(),
        capabilities: "{}".into(),
        era: None,
        max_message_bytes: 1 << 20,
        idle_timeout: Some(Duration::from_secs(30)),
        listens: false,
        log_level: None,
    }
}

/// A session in the modern era, open.
pub(crate) fn modern() -> Session {
    let mut session = Session::new(config()).unwrap();
    let call = session.open();
    let discovered = r#"{"resultType":"complete","supportedVersions":["2026-07-28"]}"#;
    Script::new([Reply::result(discovered)]).run(&mut session, call).unwrap();
    session
}

/// A session in the legacy era, open, with the session id `s1`.
pub(crate) fn legacy() -> Session {
    let mut session = Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
    let call = session.open();
    Script::new(initialized("2025-11-25", "s1")).run(&mut session, call).unwrap();
    session
}

/// The replies to a legacy handshake.
pub(crate) fn initialized(version: &str, session_id: &str) -> [Reply; 2] {
    let result = format!(r#"{{"protocolVersion":"{version}","capabilities":{{"tools":{{}}}}}}"#);
    [Reply::result(&result).field("mcp-session-id", session_id), Reply::accepted()]
}

pub(crate) fn outgoing(method: &str, params: Option<&str>) -> Outgoing {
    Outgoing {
        call: CallId(7),
        method: method.into(),
        params: Params::parse(params).unwrap(),
        progress: true,
        idle_timeout: None,
        meta: None,
    }
}

/// A `tools/call` against these replies.
pub(crate) fn call_tool(
    session: &mut Session,
    replies: impl IntoIterator<Item = Reply>,
) -> (Result<String, Error>, Script) {
    let call = session.request(outgoing("tools/call", Some(r#"{"name":"t"}"#))).unwrap();
    let mut script = Script::new(replies);
    let outcome = script.run(session, call);
    assert!(script.is_played(), "replies left over: {:?}", script.events);
    (outcome, script)
}
