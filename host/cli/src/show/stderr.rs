//! Standard error while a session lasts: progress, notifications, log messages, remarks.

use crate::args::OutputArgs;
use crate::json::JsonText;
use crate::show::bars::{ProgressView, describe};
use crate::show::{visible_json, visible_line, visible_text};
use futures::future::BoxFuture;
use sandbar::types::Progress;
use sandbar::{Error, Handler, Notification, Request};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

/// Where what happens before the result is shown. Clones share the progress bar.
#[derive(Clone)]
pub(crate) struct Console {
    form: Form,
    verbose: bool,
}

#[derive(Clone)]
enum Form {
    /// A terminal: one progress bar, log messages above it.
    Terminal(ProgressView),
    /// A file or a pipe: a line for everything.
    Lines,
    /// A JSON object on a line for everything.
    Json,
}

impl Console {
    /// The console that suits the options and standard error.
    pub(crate) fn new(output: OutputArgs) -> Self {
        let form = match (output.json, io::stderr().is_terminal()) {
            (true, _) => Form::Json,
            (false, true) => Form::Terminal(ProgressView::new()),
            (false, false) => Form::Lines,
        };
        Self { form, verbose: output.verbose }
    }

    /// Sends a request, shows what arrives before its answer, and returns that.
    pub(crate) async fn follow<T: Send + 'static>(&self, request: Request<T>) -> Result<T, Error> {
        let mut call = request.with_progress().start().await?;
        while let Some(notification) = call.notification().await {
            self.show(&notification);
        }
        let outcome = call.await;
        self.finish();
        outcome
    }

    /// Takes the progress bar away: what follows is no progress.
    pub(crate) fn finish(&self) {
        if let Form::Terminal(view) = &self.form {
            view.clear();
        }
    }

    /// Says something that is no failure.
    pub(crate) fn note(&self, text: &str) {
        match &self.form {
            Form::Json => self.line(&format!("{{\"note\":{}}}", JsonText::string(text))),
            Form::Terminal(_) | Form::Lines => self.line(&format!("note: {}", visible_text(text))),
        }
    }

    fn show(&self, notification: &Notification) {
        match (notification.method.as_str(), &notification.progress) {
            ("notifications/progress", Some(progress)) => self.progress(notification, progress),
            ("notifications/message", _) => self.log(notification),
            _ if self.verbose => self.other(notification),
            _ => {}
        }
    }

    fn progress(&self, notification: &Notification, progress: &Progress) {
        match &self.form {
            Form::Terminal(view) => view.show(progress),
            Form::Lines => self.line(&format!("progress: {}", visible_line(&describe(progress)))),
            Form::Json => self.json_line("progress", notification),
        }
    }

    fn log(&self, notification: &Notification) {
        let message = LogMessage::of(notification.params.as_deref());
        if !self.verbose && !message.is_important() {
            return;
        }
        match &self.form {
            Form::Json => self.json_line("log", notification),
            _ => self.line(&format!("log: {}", visible_line(&message.to_string()))),
        }
    }

    fn other(&self, notification: &Notification) {
        match &self.form {
            Form::Json => {
                let method = JsonText::string(&notification.method);
                let method = visible_json(method.as_str());
                self.line(&format!("{{\"notification\":{method}}}"));
            }
            _ => self.line(&format!("notification: {}", visible_line(&notification.method))),
        }
    }

    fn json_line(&self, key: &str, notification: &Notification) {
        let params = notification.params.as_deref().unwrap_or("null");
        let params = JsonText::one_line(params);
        self.line(&format!("{{\"{key}\":{}}}", visible_json(&params)));
    }

    /// Writes a line. A result is worth more than the progress towards it: nothing fails when
    /// standard error cannot be written.
    fn line(&self, line: &str) {
        let write = || {
            let _ = writeln!(io::stderr(), "{line}");
        };
        match &self.form {
            Form::Terminal(view) => view.aside(write),
            Form::Lines | Form::Json => write(),
        }
    }
}

impl Handler for Console {
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        self.show(&notification);
        Box::pin(std::future::ready(()))
    }
}

/// A log message. Servers leave out what they must send, so nothing is required.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LogMessage {
    level: Option<String>,
    logger: Option<String>,
    data: Value,
}

impl LogMessage {
    /// Reads the parameters of the notification.
    pub(crate) fn of(params: Option<&str>) -> Self {
        params.and_then(|params| serde_json::from_str(params).ok()).unwrap_or_default()
    }

    /// Whether it is a warning or worse, in the levels of RFC 5424. A level that is not among
    /// them is nothing to hide.
    pub(crate) fn is_important(&self) -> bool {
        !matches!(self.level.as_deref(), Some("debug" | "info" | "notice"))
    }
}

impl fmt::Display for LogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.as_deref().unwrap_or("unknown"))?;
        if let Some(logger) = &self.logger {
            write!(f, " {logger}")?;
        }
        match &self.data {
            Value::String(text) => write!(f, ": {text}"),
            other => write!(f, ": {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches text in quotes, and objects that are not shown at all.
    #[test]
    fn data_is_shown_whatever_it_is() {
        let shown = |params| LogMessage::of(Some(params)).to_string();
        assert_eq!(shown(r#"{"level":"info","logger":"db","data":"up"}"#), "info db: up");
        assert_eq!(shown(r#"{"level":"error","data":{"code":7}}"#), r#"error: {"code":7}"#);
    }

    /// Catches a message that is lost because the server forgot its level.
    #[test]
    fn only_the_quiet_levels_are_unimportant() {
        let important = |params| LogMessage::of(Some(params)).is_important();
        assert!(!important(r#"{"level":"notice"}"#));
        assert!(important(r#"{"level":"warning"}"#));
        assert!(important(r#"{"level":"loud"}"#));
        assert!(important("{}"));
    }
}
