//! Notifications of the server, and which call they belong to.

use std::borrow::Cow;

use crate::call::CallId;
use crate::json_string;
use crate::json_text::{Picked, quoted};
use crate::jsonrpc::Id;

/// The typed form of a `notifications/progress`.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How far the operation got; increases with every notification.
    pub progress: f64,
    /// Where it ends, if known.
    pub total: Option<f64>,
    /// What it is doing.
    pub message: Option<String>,
}

/// A notification of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The call it belongs to, where that can be told.
    pub call: Option<CallId>,
    /// The method.
    pub method: String,
    /// The JSON text of `params`.
    pub params: Option<String>,
    /// The typed form, of a `notifications/progress` that has one.
    pub progress: Option<Progress>,
    /// The typed form, of one that says that something has changed.
    pub change: Option<Change>,
}

/// What has changed at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources, or of their templates.
    Resources,
    /// The contents of the resource with this URI.
    Resource(String),
    /// What changed for a while may not have been told. A server that was asked to tell of resources is
    /// to be asked again.
    Missed,
    /// Nothing of this is told any more: the stream that it would come on is not there.
    Unheard,
}

impl Change {
    /// What a notification says has changed.
    fn of(method: &str, params: Option<&str>) -> Option<Self> {
        match method {
            "notifications/tools/list_changed" => Some(Self::Tools),
            "notifications/prompts/list_changed" => Some(Self::Prompts),
            "notifications/resources/list_changed" => Some(Self::Resources),
            "notifications/resources/updated" => {
                let [uri] = Picked::from(params?, ["uri"]).ok()?.values;
                json_string::read(uri?).map(|uri| Self::Resource(uri.into_owned()))
            }
            _ => None,
        }
    }
}

/// The logger of what this client has to say. A server may use the name as well: neither is worth
/// more than a line in a log.
const LOGGER: &str = "sandbar";

/// How important a log message is (RFC 5424, as in 2025-11-25, "Logging"), the least important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What helps to find faults.
    Debug,
    /// What goes on.
    Info,
    /// Something was passed over that hardly anybody misses.
    Notice,
    /// Something is not as it should be.
    Warning,
    /// Something failed.
    Error,
    /// A part failed.
    Critical,
    /// Somebody has to act.
    Alert,
    /// Nothing works any more.
    Emergency,
}

impl LogLevel {
    /// The name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

impl Notification {
    /// A word of this client, in the form of a log message of the server (2025-11-25, "Logging"):
    /// whoever listens to those wants to know.
    #[must_use]
    pub fn of_client(call: Option<CallId>, level: LogLevel, text: &str) -> Self {
        let level = level.name();
        let text = quoted(text);
        let params = format!(r#"{{"level":"{level}","logger":"{LOGGER}","data":{text}}}"#);
        let method = "notifications/message".to_owned();
        Self { call, method, params: Some(params), progress: None, change: None }
    }

    fn of(call: Option<CallId>, method: String, params: Option<String>) -> Self {
        let change = Change::of(&method, params.as_deref());
        Self { call, method, params, progress: None, change }
    }

    /// That the stream for what belongs to no call was opened anew, and not where it had ended.
    pub(crate) fn missed() -> Self {
        let text = "the stream of the server was opened anew: what it told meanwhile is lost";
        Self { change: Some(Change::Missed), ..Self::of_client(None, LogLevel::Debug, text) }
    }

    /// That a server does not keep the stream on which it would tell what belongs to no call, or not any
    /// more: most do not have it.
    pub(crate) fn unheard() -> Self {
        let text = "the server has no stream for what belongs to no call";
        Self { change: Some(Change::Unheard), ..Self::of_client(None, LogLevel::Debug, text) }
    }

    /// A notification that belongs to no call.
    pub(crate) fn unrelated(method: String, params: Option<String>) -> Self {
        let mut notification = Self::of(None, method, params);
        if notification.method == "notifications/progress" {
            notification.read_progress(None);
        }
        notification
    }

    /// A notification that arrived on the stream of `call`, which asked for progress under
    /// `token`, if it asked at all.
    ///
    /// A stream carries what relates to its request, so everything on it is the call's, except
    /// progress under a token that is not the call's.
    pub(crate) fn on_stream_of(
        call: CallId,
        token: Option<i64>,
        method: String,
        params: Option<String>,
    ) -> Self {
        let mut notification = Self::of(Some(call), method, params);
        if notification.method == "notifications/progress" {
            notification.read_progress(token);
        }
        notification
    }

    fn read_progress(&mut self, token: Option<i64>) {
        let Some(params) = self.params.as_deref() else {
            return;
        };
        let names = ["progressToken", "progress", "total", "message"];
        let Ok(Picked { values: [theirs, progress, total, message], .. }) =
            Picked::from(params, names)
        else {
            return;
        };
        let theirs = theirs.and_then(Id::of);
        // One without a token is on the stream of the call, and that is all there is to know.
        let foreign = |ours: i64| theirs.is_some_and(|theirs| !theirs.means(&Id::from(ours)));
        if token.is_some_and(foreign) {
            self.call = None;
        }
        let number =
            |json: Option<&str>| json?.parse().ok().filter(|number: &f64| number.is_finite());
        self.progress = number(progress).map(|progress| Progress {
            progress,
            total: number(total),
            message: message.and_then(json_string::read).map(Cow::into_owned),
        });
    }
}
