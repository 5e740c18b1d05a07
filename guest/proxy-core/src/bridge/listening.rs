//! What changes at a modern server, for an agent that is told unasked: one `subscriptions/listen` for
//! everything that the server can tell (2026-07-28, "Subscriptions").

use super::Bridge;
use crate::limits::{LISTENING_PAUSE, LISTENING_TRIES, WATCHED_RESOURCES};
use crate::proxy::{Action, Proxy, one_line};
use sandbar_mcp_core::message::{ObjectText, Picked, quoted};
use sandbar_mcp_core::{CallId, Params};
use std::collections::BTreeSet;

/// The subscription, over as many requests as it takes.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// The lists whose changes the server tells.
    lists: Vec<&'static str>,
    /// What the agent watches.
    uris: BTreeSet<String>,
    call: Option<CallId>,
    in_vain: u32,
    /// The server refused it with these resources.
    without_resources: bool,
}

impl Listening {
    /// Takes what the server can tell.
    pub(super) fn expect(&mut self, capabilities: &str) {
        let tells = |feature: &str| {
            let [feature] = Picked::from(capabilities, [feature]).ok()?.values;
            let [changes] = Picked::from(feature?, ["listChanged"]).ok()?.values;
            (changes? == "true").then_some(())
        };
        let lists = [
            ("tools", "toolsListChanged"),
            ("prompts", "promptsListChanged"),
            ("resources", "resourcesListChanged"),
        ];
        self.lists = lists
            .into_iter()
            .filter(|(feature, _)| tells(feature).is_some())
            .map(|(_, name)| name)
            .collect();
    }

    pub(super) fn is(&self, call: CallId) -> bool {
        self.call == Some(call)
    }

    pub(super) fn may_watch(&self) -> bool {
        self.uris.len() < WATCHED_RESOURCES
    }

    /// Says whether that is new.
    pub(super) fn watch(&mut self, uri: String) -> bool {
        self.without_resources = false;
        self.uris.insert(uri)
    }

    /// Says whether it was watched.
    pub(super) fn unwatch(&mut self, uri: &str) -> bool {
        self.uris.remove(uri)
    }

    /// The parameters; none where there is nothing to listen for.
    fn params(&self) -> Option<Params> {
        let mut filter: Vec<_> =
            self.lists.iter().map(|list| format!("{}:true", quoted(list))).collect();
        if !self.uris.is_empty() && !self.without_resources {
            let uris: Vec<_> = self.uris.iter().map(|uri| quoted(uri)).collect();
            filter.push(format!(r#""resourceSubscriptions":[{}]"#, uris.join(",")));
        }
        let filter = format!("{{{}}}", filter.join(","));
        (filter != "{}").then(|| Params::object(&[("notifications", &filter)]))
    }

    /// A notification on the stream, as a legacy agent knows it.
    pub(super) fn heard(&mut self, text: String) -> Option<String> {
        let names = ["method", "params"];
        let [method, params] = Picked::from(&text, names).ok()?.values;
        self.in_vain = 0;
        if method? == "\"notifications/subscriptions/acknowledged\"" {
            return None;
        }
        let bare = params.and_then(without_subscription);
        match bare {
            Some(params) => super::respelled(&text, &[("params", &params)]),
            None => Some(one_line(text)),
        }
    }
}

/// Parameters without the name of the subscription; none where they have none.
fn without_subscription(params: &str) -> Option<String> {
    let params = ObjectText::parse(params).ok()?;
    let meta = ObjectText::parse(params.get("_meta")?).ok()?;
    meta.get("io.modelcontextprotocol/subscriptionId")?;
    let meta = meta.replacing(&[("io.modelcontextprotocol/subscriptionId", None)]);
    let meta = Some(meta.as_str()).filter(|meta| *meta != "{}");
    Some(params.replacing(&[("_meta", meta)]).as_str().to_owned())
}

impl Proxy {
    /// Asks for what the agent is to hear, in place of what was asked before.
    pub(super) fn listen(&mut self, bridge: &mut Bridge) {
        if let Some(before) = bridge.listening.call.take() {
            self.actions.push_back(Action::Cancel(before));
        }
        let Some(params) = bridge.listening.params() else { return };
        let call = self.running.name();
        bridge.listening.call = Some(call);
        let message = bridge.message(Some(call), "\"subscriptions/listen\"", &params);
        self.actions.push_back(Action::Carry { call, message });
    }

    /// The stream of changes has ended. It is asked for again, as long as that is of use.
    pub(super) fn listened(&mut self, bridge: &mut Bridge, is_ok: bool) {
        bridge.listening.call = None;
        if !is_ok && !bridge.listening.uris.is_empty() {
            bridge.listening.without_resources = true;
        }
        bridge.listening.in_vain += 1;
        if bridge.listening.in_vain <= LISTENING_TRIES {
            self.actions.push_back(Action::Wait(LISTENING_PAUSE));
        }
    }

    /// A pause is over.
    pub(crate) fn resume_over(&mut self, bridge: &mut Bridge) {
        if bridge.probe.is_none() && bridge.listening.call.is_none() {
            self.listen(bridge);
        }
        self.ask_again(bridge);
    }
}
