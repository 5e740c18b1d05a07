use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;

use super::CallId;
use super::turns::Turns;
use crate::limits::{CONNECTION_SEND_BYTES, REPLY_BYTES};

/// What waits to be sent, except the bytes of bodies, which their streams hold.
///
/// Replies go first: the response of a call therefore precedes its deltas, and no backlog of
/// deltas holds a response up. Streams take [turns](Turns) of one delta.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    replies: VecDeque<String>,
    reply_bytes: usize,
    pub(super) turns: Turns,
    /// Body bytes queued over all streams.
    body_bytes: usize,
    /// Streams whose callers found no room, unless they are known to have none of their own.
    starved: BTreeSet<CallId>,
}

impl Outbound {
    pub(super) fn push_reply(&mut self, message: String) {
        self.reply_bytes += message.len();
        self.replies.push_back(message);
    }

    pub(super) fn pop_reply(&mut self) -> Option<String> {
        let message = self.replies.pop_front()?;
        self.reply_bytes -= message.len();
        Some(message)
    }

    pub(super) fn reply_bytes(&self) -> usize {
        self.reply_bytes
    }

    pub(super) fn has_room_for_replies(&self) -> bool {
        self.reply_bytes < REPLY_BYTES
    }

    /// Body bytes that the connection still takes.
    pub(super) fn body_room(&self) -> usize {
        CONNECTION_SEND_BYTES.saturating_sub(self.body_bytes)
    }

    pub(super) fn add_body_bytes(&mut self, bytes: usize) {
        self.body_bytes += bytes;
    }

    pub(super) fn remove_body_bytes(&mut self, bytes: usize) {
        self.body_bytes -= bytes;
    }

    /// Remembers a stream whose caller found no room, to be woken when the connection has some.
    pub(super) fn insert_starved(&mut self, call: CallId) {
        self.starved.insert(call);
    }

    pub(super) fn remove_starved(&mut self, call: CallId) {
        self.starved.remove(&call);
    }

    /// A stream whose caller is to be woken, if the connection has room.
    pub(super) fn pop_starved(&mut self) -> Option<CallId> {
        if self.body_room() == 0 {
            return None;
        }
        self.starved.pop_first()
    }
}
