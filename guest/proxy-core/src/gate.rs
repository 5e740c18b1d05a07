//! Which message may overtake which: none overtakes `initialize`, and none the confirmation after it
//! (2025-11-25, "Lifecycle"). HTTP keeps no order between exchanges, so what comes behind them waits.

use sandbar_mcp_core::CallId;
use std::collections::VecDeque;

/// The agent's messages that may not go yet.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// What has to be over first.
    behind: Option<CallId>,
    waiting: VecDeque<Waiting>,
}

/// A message that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) call: CallId,
    pub(crate) text: String,
    /// Whether the ones behind it wait for its end.
    pub(crate) leads: bool,
}

impl Gate {
    /// Lets a message through, or keeps it.
    pub(crate) fn enter(&mut self, message: Waiting) -> Option<Waiting> {
        if self.behind.is_some() {
            self.waiting.push_back(message);
            return None;
        }
        self.behind = message.leads.then_some(message.call);
        Some(message)
    }

    /// A message is over: what waited for it may go.
    pub(crate) fn over(&mut self, call: CallId) {
        if self.behind == Some(call) {
            self.behind = None;
        }
    }

    /// What waits for `call` waits for `other` instead.
    pub(crate) fn pass_on(&mut self, call: CallId, other: CallId) {
        if self.behind == Some(call) {
            self.behind = Some(other);
        }
    }

    /// The next message that may go.
    pub(crate) fn next(&mut self) -> Option<Waiting> {
        if self.behind.is_some() {
            return None;
        }
        let message = self.waiting.pop_front()?;
        self.behind = message.leads.then_some(message.call);
        Some(message)
    }

    /// Takes a message back that waits. Says whether it did.
    pub(crate) fn withdraw(&mut self, call: CallId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|message| message.call != call);
        self.waiting.len() != before
    }
}
