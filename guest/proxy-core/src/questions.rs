//! Requests of a legacy server that wait for the agent's answer.

use crate::limits::QUESTIONS;
use sandbar_mcp_core::CallId;
use sandbar_mcp_core::message::Id;
use std::collections::BTreeMap;

/// Each under the server's id, with the agent's request that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Questions(BTreeMap<String, Option<CallId>>);

impl Questions {
    /// Enters one; says no where too many wait.
    pub(crate) fn enter(&mut self, id: &Id, call: Option<CallId>) -> bool {
        let fits = self.0.len() < QUESTIONS;
        if fits {
            self.0.insert(id.as_json().to_owned(), call);
        }
        fits
    }

    /// Takes one out, answered or withdrawn. Says whether it waited.
    pub(crate) fn leave(&mut self, id: &Id) -> bool {
        self.0.remove(id.as_json()).is_some()
    }

    /// Takes those out that belong to this request of the agent.
    pub(crate) fn of(&mut self, call: CallId) -> Vec<String> {
        self.take(|of| of == Some(call))
    }

    /// Takes all of them out.
    pub(crate) fn all(&mut self) -> Vec<String> {
        self.take(|_| true)
    }

    fn take(&mut self, which: impl Fn(Option<CallId>) -> bool) -> Vec<String> {
        let taken: Vec<_> =
            self.0.iter().filter(|(_, call)| which(**call)).map(|(id, _)| id.clone()).collect();
        self.0.retain(|_, call| !which(*call));
        taken
    }
}
