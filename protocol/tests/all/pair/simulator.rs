//! The applications at both ends, and the clock.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbar_exchange::{BodySummary, ErrorCode, Failure};
use sandbar_protocol::client::{self, ClientSession};
use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::server::{self, CallMut, ServerSession};

use super::link::{Link, LinkScript};
use crate::support::{get, new_client, new_server, ok};

/// How often an upstream yields before anything is sent on.
const CHUNKS_PER_TICK: usize = 20;

/// Every request is for its own number there.
const ORIGIN: &str = "http://h/";

/// What happens to one call.
#[derive(Clone, Debug)]
pub(crate) struct CallScript {
    /// Length of the body, in bytes.
    pub(crate) body: usize,
    /// Bytes that the upstream yields at once.
    pub(crate) chunk: usize,
    pub(crate) ending: Ending,
    /// Bytes that the reader asks for at once.
    pub(crate) read: usize,
    /// Ticks between reads; `None` never reads.
    pub(crate) pause: Option<u64>,
    /// The tick at which the reader gives up.
    pub(crate) cancel_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    /// After the whole body.
    Broken,
    /// Instead of a response.
    Refused,
}

/// What the reader of a call saw.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) delivered: usize,
    pub(crate) end: Option<Result<BodySummary, Failure>>,
    pub(crate) cancelled: bool,
}

struct Download {
    script: CallScript,
    id: client::CallId,
    answered: bool,
    /// Found nothing to read and waits for the event.
    asleep: bool,
    outcome: Outcome,
}

struct Upstream {
    index: usize,
    answered: bool,
    /// Found no room and waits for the event.
    asleep: bool,
    pushed: usize,
}

pub(crate) struct Pair {
    now: u64,
    cut: bool,
    client: ClientSession,
    server: ServerSession,
    there: Link,
    back: Link,
    downloads: Vec<Download>,
    /// Those that run.
    upstreams: BTreeMap<server::CallId, Upstream>,
    pushed: BTreeMap<usize, usize>,
}

/// The byte at an index of a body. No two bodies agree for long.
fn byte_of(body: usize, index: usize) -> u8 {
    (index.wrapping_mul(31) ^ (index >> 8) ^ body.wrapping_mul(101)) as u8
}

impl Pair {
    pub(crate) fn new(extensions: Extensions, there: LinkScript, back: LinkScript) -> Self {
        Self {
            now: 0,
            cut: false,
            client: new_client(extensions),
            server: new_server(Extensions::all()),
            there: Link::new(there),
            back: Link::new(back),
            downloads: Vec::new(),
            upstreams: BTreeMap::new(),
            pushed: BTreeMap::new(),
        }
    }

    pub(crate) fn request(&mut self, script: CallScript) {
        let index = self.downloads.len();
        let id = self.client.request(get(&format!("{ORIGIN}{index}"))).unwrap();
        self.downloads.push(Download {
            script,
            id,
            answered: false,
            asleep: false,
            outcome: Outcome::default(),
        });
    }

    pub(crate) fn outcomes(&self) -> Vec<&Outcome> {
        self.downloads.iter().map(|download| &download.outcome).collect()
    }

    /// Bytes that the upstream of a call has yielded.
    pub(crate) fn pushed(&self, index: usize) -> usize {
        self.pushed.get(&index).copied().unwrap_or(0)
    }

    pub(crate) fn live_upstreams(&self) -> usize {
        self.upstreams.len()
    }

    /// Loses the connection and what is on the way.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
        self.client.handle_disconnect("cut");
        self.server.handle_disconnect();
    }

    pub(crate) fn run_until(&mut self, tick: u64) {
        while self.now < tick {
            self.tick();
        }
    }

    /// Runs until every call that is read has ended and every upstream that can has; says
    /// whether that took no more than `ticks`.
    pub(crate) fn run_until_settled(&mut self, ticks: u64) -> bool {
        for _ in 0..ticks {
            self.tick();
            if self.is_settled() {
                // What is on the way still arrives.
                self.run_until(self.now + 500);
                return true;
            }
        }
        false
    }

    fn is_settled(&self) -> bool {
        self.downloads.iter().all(|download| {
            let Outcome { end, cancelled, .. } = &download.outcome;
            end.is_some() || *cancelled || download.script.pause.is_none()
        })
    }

    fn tick(&mut self) {
        self.now += 1;
        self.serve();
        self.download();
        if !self.cut {
            self.transmit();
            self.deliver();
        }
    }

    fn transmit(&mut self) {
        while self.there.has_room()
            && let Some(message) = self.client.poll_transmit()
        {
            self.there.send(self.now, &message);
        }
        while self.back.has_room()
            && let Some(message) = self.server.poll_transmit(Duration::from_millis(self.now))
        {
            self.back.send(self.now, &message);
        }
    }

    fn deliver(&mut self) {
        while self.server.ready_for_input()
            && let Some(lines) = self.there.receive(self.now)
        {
            lines.iter().for_each(|line| self.server.handle_message(line));
        }
        while self.client.ready_for_input()
            && let Some(lines) = self.back.receive(self.now)
        {
            lines.iter().for_each(|line| self.client.handle_message(line));
        }
    }

    fn serve(&mut self) {
        while let Some(event) = self.server.poll_event() {
            match event {
                server::Event::StartRequest { call, request } => {
                    let index = request.url.strip_prefix(ORIGIN).unwrap().parse().unwrap();
                    let upstream = Upstream { index, answered: false, asleep: false, pushed: 0 };
                    self.upstreams.insert(call, upstream);
                }
                server::Event::Cancel { call } => {
                    self.upstreams.remove(&call).expect("cancelled twice or never started");
                }
                server::Event::Writable { call } => {
                    if let Some(upstream) = self.upstreams.get_mut(&call) {
                        assert!(upstream.asleep, "woken twice");
                        upstream.asleep = false;
                    }
                }
                server::Event::Close(reason) => panic!("{reason}"),
            }
        }
        let calls: Vec<_> = self.upstreams.keys().copied().collect();
        for call in calls {
            self.step_upstream(call);
        }
    }

    fn step_upstream(&mut self, call: server::CallId) {
        let upstream = self.upstreams.get_mut(&call).unwrap();
        let script = &self.downloads[upstream.index].script;
        if !upstream.answered {
            upstream.answered = true;
            if script.ending == Ending::Refused {
                self.server.call(call).unwrap().fail(Failure::unsent(ErrorCode::ConnectionRefused));
                self.upstreams.remove(&call);
            } else {
                self.server.call(call).unwrap().respond(ok()).unwrap();
            }
            return;
        }
        if upstream.pushed == script.body {
            let outcome = match script.ending {
                Ending::Broken => Err(Failure::sent(ErrorCode::IdleTimeout)),
                Ending::Complete | Ending::Refused => Ok(()),
            };
            self.server.call(call).unwrap().finish(outcome).unwrap();
            self.upstreams.remove(&call);
            return;
        }
        for _ in 0..CHUNKS_PER_TICK {
            self.push_chunk(call);
        }
    }

    fn push_chunk(&mut self, call: server::CallId) {
        let upstream = self.upstreams.get_mut(&call).unwrap();
        let script = &self.downloads[upstream.index].script;
        let left = script.body - upstream.pushed;
        if upstream.asleep || left == 0 {
            return;
        }
        let room = self.server.call(call).map_or(0, CallMut::room);
        if room == 0 {
            upstream.asleep = true;
            return;
        }
        let len = room.min(script.chunk).min(left);
        let range = upstream.pushed..upstream.pushed + len;
        let bytes = range.map(|index| byte_of(upstream.index, index)).collect();
        self.server.call(call).unwrap().body(bytes).unwrap();
        upstream.pushed += len;
        self.pushed.insert(upstream.index, upstream.pushed);
    }

    fn download(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                client::Event::Head { call, .. } => self.by_id(call).answered = true,
                client::Event::Failed { call, failure } => {
                    let outcome = &mut self.by_id(call).outcome;
                    assert!(outcome.end.replace(Err(failure)).is_none(), "ended twice");
                }
                client::Event::Readable { call } => self.by_id(call).asleep = false,
                client::Event::Connected { .. } | client::Event::Closed(_) => {}
            }
        }
        for index in 0..self.downloads.len() {
            self.step_download(index);
        }
    }

    fn by_id(&mut self, id: client::CallId) -> &mut Download {
        self.downloads.iter_mut().find(|download| download.id == id).unwrap()
    }

    fn step_download(&mut self, index: usize) {
        let Download { script, id, answered, asleep, outcome } = &mut self.downloads[index];
        if outcome.end.is_some() || outcome.cancelled {
            return;
        }
        if script.cancel_at.is_some_and(|tick| tick <= self.now) {
            outcome.cancelled = true;
            return self.client.cancel(*id);
        }
        let due = script.pause.is_some_and(|pause| self.now.is_multiple_of(pause + 1));
        if !due || !*answered || *asleep {
            return;
        }
        match self.client.read(*id, script.read).expect("over without an end") {
            Read::Pending => *asleep = true,
            Read::End(end) => outcome.end = Some(end),
            Read::Data(bytes) => {
                for (offset, &byte) in bytes.iter().enumerate() {
                    assert_eq!(byte, byte_of(index, outcome.delivered + offset), "wrong byte");
                }
                outcome.delivered += bytes.len();
            }
        }
    }
}
