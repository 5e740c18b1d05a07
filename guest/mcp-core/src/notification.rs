//! Notifications of the server, and which call they belong to.

use serde::Deserialize;

use crate::call::CallId;
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressParams<'a> {
    #[serde(borrow)]
    progress_token: &'a serde_json::value::RawValue,
    progress: f64,
    total: Option<f64>,
    message: Option<String>,
}

impl Notification {
    /// A notification that arrived on the stream of `call`, which asked for progress under
    /// `token`, if it asked at all.
    ///
    /// A stream carries what relates to its request, so everything on it is the call's, except
    /// progress under a token that is not the call's.
    pub(crate) fn on_stream_of(
        call: CallId,
        token: Option<&Id>,
        method: String,
        params: Option<String>,
    ) -> Self {
        let mut notification = Self { call: Some(call), method, params, progress: None };
        if notification.method == "notifications/progress" {
            notification.read_progress(token);
        }
        notification
    }

    fn read_progress(&mut self, token: Option<&Id>) {
        let Some(params) = self.params.as_deref() else {
            return;
        };
        let Ok(parsed) = serde_json::from_str::<ProgressParams<'_>>(params) else {
            return;
        };
        let theirs = Id::parse(parsed.progress_token.get());
        if token.is_some_and(|ours| theirs.as_ref() != Some(ours)) {
            self.call = None;
        }
        self.progress = Some(Progress {
            progress: parsed.progress,
            total: parsed.total,
            message: parsed.message,
        });
    }
}
