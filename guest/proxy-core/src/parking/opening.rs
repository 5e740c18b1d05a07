//! The session of a legacy server, opened in the name of a modern agent.

use super::{Parking, Stage, Waiting, translation};
use crate::proxy::{Action, Proxy};
use crate::running::Request;
use sandbar_mcp_core::CallId;
use sandbar_mcp_core::message::Message;
use std::collections::BTreeMap;

impl Parking {
    pub(super) fn is_handshake(&self, call: CallId) -> bool {
        match &self.stage {
            Stage::Opening(opening) => *opening == call,
            Stage::Confirming(confirming, _) => *confirming == call,
            Stage::Open(_) | Stage::Failed => false,
        }
    }

    /// Takes the answer to `initialize`.
    pub(super) fn handshaken(&mut self, proxy: &mut Proxy, call: CallId, text: &str) {
        if let Ok(Message::Success { result, .. }) = Message::parse(text)
            && matches!(self.stage, Stage::Opening(opening) if opening == call)
        {
            let confirming = proxy.running.name();
            self.stage = Stage::Confirming(confirming, result.to_owned());
            let message = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned();
            proxy.actions.push_back(Action::Carry { call: confirming, message });
        }
    }

    /// A message of the handshake has ended. Whoever ends one that goes on comes too early.
    pub(super) fn confirmed(&mut self, proxy: &mut Proxy, call: CallId, is_ok: bool) {
        match &mut self.stage {
            Stage::Confirming(confirming, known) if *confirming == call && is_ok => {
                self.stage = Stage::Open(core::mem::take(known));
                for Waiting { call, text, .. } in core::mem::take(&mut self.waiting) {
                    proxy.send_parked(self, call, text);
                }
            }
            Stage::Opening(_) | Stage::Confirming(..) => self.fail(proxy),
            Stage::Open(_) | Stage::Failed => {}
        }
    }

    /// There is no such server: the agent hears what it would have heard, and what the server was not
    /// sent is carried as it is.
    fn fail(&mut self, proxy: &mut Proxy) {
        self.stage = Stage::Failed;
        for Waiting { call, text, line } in core::mem::take(&mut self.waiting) {
            let is_settled = proxy.running.request(call).is_some_and(|one| one.is_settled);
            if line.is_none() && !is_settled {
                proxy.actions.push_back(Action::Carry { call, message: text });
                continue;
            }
            proxy.running.leave(call);
            if let Some(line) = line.filter(|_| !is_settled) {
                proxy.tell(line);
            }
        }
    }

    /// Whether it came to nothing.
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.stage, Stage::Failed)
    }
}

impl Proxy {
    /// Opens a session in the agent's name with the server that refused its request; if that is refused
    /// as well, the agent hears of the first.
    pub(crate) fn try_parking(&mut self, call: CallId, line: String) {
        let Some(text) = self.modern_texts.remove(&call) else { return };
        let Some(request) = self.running.request_mut(call) else { return };
        let again = Request { is_settled: false, ..request.clone() };
        request.is_settled = true;
        let again = self.running.enter_again(again);
        let refused = Waiting { call: again, text, line: Some(line) };
        match self.parking.take() {
            Some(mut parking) => {
                match &parking.stage {
                    Stage::Open(_) => self.send_parked(&mut parking, again, refused.text),
                    _ => parking.waiting.push(refused),
                }
                self.parking = Some(parking);
            }
            None => {
                let opening = self.running.name();
                let message = translation::initialize(&refused.text);
                self.parking = Some(Box::new(Parking {
                    stage: Stage::Opening(opening),
                    waiting: vec![refused],
                    calls: BTreeMap::new(),
                    listeners: BTreeMap::new(),
                }));
                self.actions.push_back(Action::Carry { call: opening, message });
            }
        }
    }
}
