//! One direction of a connection: a byte stream with a capacity, a delay and packets.

use std::collections::VecDeque;

use sandbar_protocol::jsonrpc::LineDecoder;
use sandbar_protocol::limits::MAX_MESSAGE_BYTES;

#[derive(Clone, Debug)]
pub(crate) struct LinkScript {
    /// Bytes that arrive together.
    pub(crate) packet: usize,
    /// Ticks from sending to arrival.
    pub(crate) delay: u64,
    /// Bytes on the way, or arrived and not read, above which nothing more is sent.
    pub(crate) capacity: usize,
}

pub(crate) struct Link {
    script: LinkScript,
    packets: VecDeque<(u64, Vec<u8>)>,
    in_flight: usize,
    decoder: LineDecoder,
}

impl Link {
    pub(crate) fn new(script: LinkScript) -> Self {
        Self {
            script,
            packets: VecDeque::new(),
            in_flight: 0,
            decoder: LineDecoder::new(MAX_MESSAGE_BYTES),
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.in_flight < self.script.capacity
    }

    pub(crate) fn send(&mut self, now: u64, message: &str) {
        let line = [message.as_bytes(), b"\n"].concat();
        self.in_flight += line.len();
        let arrival = now + self.script.delay;
        let packets = line.chunks(self.script.packet);
        self.packets.extend(packets.map(|packet| (arrival, packet.to_vec())));
    }

    /// The lines that one packet completes, if one has arrived.
    pub(crate) fn receive(&mut self, now: u64) -> Option<Vec<Vec<u8>>> {
        let (_, packet) = self.packets.pop_front_if(|(arrival, _)| *arrival <= now)?;
        self.in_flight -= packet.len();
        let mut input = packet.as_slice();
        let mut lines = Vec::new();
        while let Some(line) = self.decoder.next_line(&mut input).unwrap() {
            lines.push(line.into_owned());
        }
        Some(lines)
    }
}
