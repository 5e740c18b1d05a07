//! `subscriptions/listen` (2026-07-28, "Subscriptions"): a request whose answer is the end of it. What
//! it is about comes before, and a stream that breaks is asked for again.

use crate::call::standing::Tries;
use crate::json_text::Picked;
use crate::jsonrpc::Id;
use crate::limits::DEFAULT_RETRY;
use crate::reply::Ending;
use crate::session::{Session, Wire};

use super::{Next, RequestCall, State};

/// The method.
const LISTEN: &str = "subscriptions/listen";

/// A subscription, over as many connections as it takes.
#[derive(Debug, Default)]
pub(super) struct Subscription {
    tries: Tries,
}

/// What a notification on the stream of a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// That from now on it hears what it asked for.
    Begin,
    /// What was asked for, or anything else that is told.
    News,
    /// Something for another subscription.
    Foreign,
    /// The server ends this one.
    End,
}

impl RequestCall {
    pub(super) fn is_subscription(&self, session: &Session) -> bool {
        self.method == LISTEN && matches!(session.wire(), Wire::Modern(_))
    }

    /// What a notification says to this subscription.
    pub(super) fn heard(&mut self, method: &str, params: Option<&str>) -> Heard {
        if method == "notifications/cancelled" {
            let named = params.and_then(|params| member(params, "requestId"));
            return if self.is_meant(named) { Heard::End } else { Heard::Foreign };
        }
        let meta = params.and_then(|params| member(params, "_meta"));
        let named = meta.and_then(|meta| member(meta, "io.modelcontextprotocol/subscriptionId"));
        if !self.is_meant(named) {
            return Heard::Foreign;
        }
        if method == "notifications/subscriptions/acknowledged" {
            return Heard::Begin;
        }
        self.subscription.tries.were_worth_it();
        Heard::News
    }

    /// Whether an id names this subscription. On a stream of its own there is no doubt without one.
    fn is_meant(&self, id: Option<&str>) -> bool {
        id.and_then(Id::of).is_none_or(|id| id.means(&Id::from(self.id)))
    }

    /// Asks again after a connection that ended without the answer, unless that is of no use.
    pub(super) fn resubscribes(&mut self, session: &Session, ending: &Ending) -> bool {
        if !self.is_subscription(session) {
            return false;
        }
        let Some(pause) = self.subscription.tries.after(ending, DEFAULT_RETRY) else {
            return false;
        };
        self.state = State::Held(pause, Next::Repeat);
        true
    }
}

fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let [value] = Picked::from(object, [name]).ok()?.values;
    value
}
