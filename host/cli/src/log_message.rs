//! `notifications/message`: what a server logs (MCP, "Logging").

use serde::Deserialize;
use serde_json::Value;
use std::fmt;

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
