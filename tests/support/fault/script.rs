//! What the server does about one request, or with one connection.

use std::time::Duration;

use serde_json::Value;

use super::{
    gate::Gate,
    response::Response,
    sse::SseEvent,
    wire::{LAST_CHUNK, Wire},
};

/// Steps in order, and how it ends. An empty script answers nothing and keeps the connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Ending,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    ReadRequest,
    AwaitHead,
    Send(Wire),
    SendSplit { wire: Wire, at: Vec<usize> },
    SendBytewise { wire: Wire, gate: Gate },
    SendRepeatedly { bytes: Vec<u8>, times: u64 },
    Pass(Gate),
    Pause(Duration),
}

/// What happens to the connection after the last step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    KeepAlive,
    Close,
    Reset,
    Hang,
    WaitForClientClose,
}

impl Script {
    /// A script without steps.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sends one complete response and keeps the connection.
    pub(crate) fn respond(response: Response) -> Self {
        Self::new().send(response)
    }

    /// Sends an event stream of these events and ends it properly.
    pub(crate) fn respond_with_events(events: impl IntoIterator<Item = SseEvent>) -> Self {
        Self::new().send(Response::event_stream()).events(events).send(LAST_CHUNK)
    }

    /// Reads a complete request and records it. Only for scripts that own the whole connection:
    /// otherwise the request has been read before the script starts.
    pub(crate) fn read_request(self) -> Self {
        self.step(Step::ReadRequest)
    }

    /// Waits until the head of a request is there, and reads no more: for answers that come before
    /// the content. Only for scripts that own the whole connection.
    pub(crate) fn await_head(self) -> Self {
        self.step(Step::AwaitHead)
    }

    /// Sends without waiting for anything.
    pub(crate) fn send(self, wire: impl Into<Wire>) -> Self {
        self.step(Step::Send(wire.into()))
    }

    /// Sends every event as a chunk of its own.
    pub(crate) fn events(self, events: impl IntoIterator<Item = SseEvent>) -> Self {
        events.into_iter().fold(self, Self::send)
    }

    /// Sends in parts, cut at these byte offsets, and goes on with the next part only when the
    /// client has taken the previous one out of its socket: it cannot see two parts at once.
    pub(crate) fn send_split(self, wire: impl Into<Wire>, at: &[usize]) -> Self {
        self.step(Step::SendSplit { wire: wire.into(), at: at.to_vec() })
    }

    /// Sends byte by byte, each only when the gate lets one through.
    pub(crate) fn send_bytewise(self, wire: impl Into<Wire>, gate: &Gate) -> Self {
        self.step(Step::SendBytewise { wire: wire.into(), gate: gate.clone() })
    }

    /// Sends the same bytes again and again, holding them in memory once.
    pub(crate) fn send_repeatedly(self, bytes: impl Into<Vec<u8>>, times: u64) -> Self {
        self.step(Step::SendRepeatedly { bytes: bytes.into(), times })
    }

    /// Waits at a gate. If the client closes the connection meanwhile, the script ends there.
    pub(crate) fn wait(self, gate: &Gate) -> Self {
        self.step(Step::Pass(gate.clone()))
    }

    /// Is silent for this long. Never a way to wait for something, which is what gates are for: the
    /// silence itself is what is tested, and a client must come to the same however long it is. If the
    /// client closes the connection meanwhile, the script ends there.
    pub(crate) fn pause(self, silence: Duration) -> Self {
        self.step(Step::Pause(silence))
    }

    /// Ends the connection in order.
    pub(crate) fn close(self) -> Self {
        self.ending(Ending::Close)
    }

    /// Ends the connection with a TCP reset.
    pub(crate) fn reset(self) -> Self {
        self.ending(Ending::Reset)
    }

    /// Does nothing more until the client gives up, which counts as an early close.
    pub(crate) fn hang(self) -> Self {
        self.ending(Ending::Hang)
    }

    /// Waits for the client to close the connection, as it should at this point.
    pub(crate) fn wait_for_client_close(self) -> Self {
        self.ending(Ending::WaitForClientClose)
    }

    /// Fills in the JSON-RPC id of a request for every `{id}` in what the script sends.
    pub(crate) fn with_id(mut self, id: &Value) -> Self {
        self.steps = self.steps.into_iter().map(|step| step.with_id(id)).collect();
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

impl Step {
    fn with_id(self, id: &Value) -> Self {
        match self {
            Self::Send(wire) => Self::Send(wire.with_id(id)),
            Self::SendSplit { wire, at } => Self::SendSplit { wire: wire.with_id(id), at },
            Self::SendBytewise { wire, gate } => {
                Self::SendBytewise { wire: wire.with_id(id), gate }
            }
            Self::ReadRequest
            | Self::AwaitHead
            | Self::SendRepeatedly { .. }
            | Self::Pass(_)
            | Self::Pause(_) => self,
        }
    }
}
