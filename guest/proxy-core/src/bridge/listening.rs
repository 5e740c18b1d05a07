//! What changes at a modern server, for an agent that is told unasked: one `subscriptions/listen` for
//! everything that the server can tell (2026-07-28, "Subscriptions").

use super::Bridge;
use crate::limits::{LISTENING_PAUSE, LISTENING_PAUSES, LISTENING_TRIES, WATCHED_RESOURCES};
use crate::proxy::{Action, Proxy, one_line};
use core::time::Duration;
use sandbar_mcp_core::message::{ObjectText, Picked, quoted};
use sandbar_mcp_core::{CallId, Error, Params};
use std::collections::BTreeSet;

/// The subscription, over as many requests as it takes.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// The lists whose changes the server tells.
    lists: Vec<&'static str>,
    /// What the agent watches.
    uris: BTreeSet<String>,
    call: Option<CallId>,
    /// How many in a row told nothing.
    in_vain: u32,
    /// How many in a row did not even begin.
    unheard: u32,
    /// The server refused the one under way.
    is_refused: bool,
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

    /// The stream has ended. Returns how long to wait before it is asked for again: longer and longer
    /// where it told nothing, because streams that are quiet are cut, too.
    fn ended(&mut self, is_refused: bool) -> Option<Duration> {
        self.call = None;
        let is_refused = self.is_refused || is_refused;
        self.without_resources |= is_refused && !self.uris.is_empty();
        let pause = LISTENING_PAUSE * (1 << self.in_vain.min(LISTENING_PAUSES));
        self.in_vain = self.in_vain.saturating_add(1);
        self.unheard = self.unheard.saturating_add(1);
        (self.unheard <= LISTENING_TRIES).then_some(pause)
    }

    /// A notification on the stream, as a legacy agent knows it.
    pub(super) fn heard(&mut self, text: String) -> Option<String> {
        let names = ["method", "params", "error"];
        let [method, params, error] = Picked::from(&text, names).ok()?.values;
        self.is_refused |= error.is_some();
        let method = method?;
        self.unheard = 0;
        if method == "\"notifications/subscriptions/acknowledged\"" {
            return None;
        }
        self.in_vain = 0;
        let bare = params.and_then(without_subscription);
        match bare {
            Some(params) => super::respelled(&text, &[("params", &params)]),
            None => Some(one_line(text)),
        }
    }
}

/// Whether the server refused a request for what is in it. One that wants credentials, or time, has not
/// looked at that.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Rpc(_) => true,
        Error::Status(status) => matches!(status.status, 400 | 404 | 405 | 406 | 422),
        _ => false,
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
        bridge.listening.is_refused = false;
        let message = bridge.message(Some(call), "\"subscriptions/listen\"", &params);
        self.actions.push_back(Action::Carry { call, message });
    }

    /// The stream of changes has ended. It is asked for again, as long as that is of use.
    pub(super) fn listened(&mut self, bridge: &mut Bridge, outcome: &Result<(), Error>) {
        let is_refused = outcome.as_ref().is_err_and(is_refusal);
        self.actions.extend(bridge.listening.ended(is_refused).map(Action::Wait));
    }

    /// A pause is over.
    pub(crate) fn resume_over(&mut self, bridge: &mut Bridge) {
        if bridge.probe.is_none() && bridge.listening.call.is_none() {
            self.listen(bridge);
        }
        self.ask_again(bridge);
    }
}
