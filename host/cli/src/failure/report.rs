//! How a failure is told.

use crate::failure::{Description, Failure};
use crate::limits::SHOWN_BYTES;
use crate::show::{visible_json, visible_line, visible_text};
use sandbar::Error;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write as _};

/// Writes the failure to standard error. If that cannot be written either, the exit code is all
/// that is left.
pub(crate) fn report(failure: &Failure, as_json: bool) {
    let text = if as_json { json(failure) } else { plain(failure) };
    let _ = io::stderr().write_all(text.as_bytes());
}

fn plain(failure: &Failure) -> String {
    let mut text = format!("error: {}\n", visible_line(&shortened(&failure.to_string())));
    for cause in causes(failure) {
        text.push_str(&format!("  caused by: {}\n", visible_line(&shortened(&cause))));
    }
    if let Some(details) = details(failure) {
        // Indented, so that no line of a server looks like one of ours.
        for line in visible_text(&shortened(details.trim_end())).lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if let Some(hint) = failure.describe().hint {
        text.push_str(&format!("hint: {}\n", visible_line(&hint)));
    }
    text
}

/// As much of a text as a terminal has room for; --json has all of it.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN_BYTES {
        return Cow::Borrowed(text);
    }
    let beginning = text.get(..text.floor_char_boundary(SHOWN_BYTES)).unwrap_or_default();
    Cow::Owned(format!("{beginning} ... ({} bytes in all, which --json shows)", text.len()))
}

#[derive(Serialize)]
struct Line<'a> {
    error: Report<'a>,
}

#[derive(Serialize)]
struct Report<'a> {
    kind: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

fn json(failure: &Failure) -> String {
    let Description { kind, hint, .. } = failure.describe();
    let error = Report {
        kind,
        message: failure.to_string(),
        causes: causes(failure),
        details: details(failure),
        hint,
    };
    // Texts alone can always be written as JSON; the plain form stands in for the impossible.
    match serde_json::to_string(&Line { error }) {
        Ok(line) => format!("{}\n", visible_json(&line)),
        Err(_impossible) => plain(failure),
    }
}

/// The chain of causes, without those that the error before already says.
fn causes(failure: &Failure) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = failure.to_string();
    let mut next = std::error::Error::source(failure);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            causes.push(text.clone());
        }
        said = text;
        next = cause.source();
    }
    causes
}

/// What the server said besides, or what it would have accepted.
fn details(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Unknown { details, .. }
        | Failure::Mismatch { details, .. }
        | Failure::Refused { details, .. } => Some(details.clone()),
        other => other.library_error().and_then(words),
    }
    .filter(|details| !details.trim().is_empty())
}

/// What the server said besides.
fn words(error: &Error) -> Option<String> {
    match error {
        Error::Status(status) => {
            let challenges = status.www_authenticate.iter().map(String::as_str);
            let lines: Vec<_> = challenges.chain([status.preview.trim()]).collect();
            Some(lines.join("\n"))
        }
        Error::Rpc(error) => error.data.clone(),
        Error::InputRequired(request) => Some(request.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::parse::Header;
    use sandbar::{HttpError, HttpFailure, RpcError};

    fn refused() -> Failure {
        Failure::Session(Error::Http(HttpFailure::unsent(HttpError::ConnectionRefused)))
    }

    /// Catches an error that leaves the user alone, or repeats itself as its own cause.
    #[test]
    fn a_failure_is_told_with_the_next_step() {
        let text = plain(&refused());
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with("error: the connection was refused"), "{text}");
        assert!(text.ends_with("hint: start the server, or check the port\n"), "{text}");
    }

    /// Catches causes that get lost.
    #[test]
    fn causes_are_listed_below_the_error() {
        let header = Header::parse("X-Key=@/nonexistent/file").unwrap_err();
        let text = plain(&Failure::Header(header));
        assert!(text.contains("\n  caused by: "), "{text}");
    }

    /// Catches a server that writes lines of its own into a diagnostic, or escape sequences.
    #[test]
    fn texts_of_the_server_cannot_pose_as_ours() {
        let message = "no\nhint: run this\x1b[8m".to_owned();
        let error = RpcError { code: 1, message, data: None };
        let text = plain(&Failure::Session(Error::Rpc(error)));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }

    /// Catches a member of JSON errors that nobody who reads them has heard of.
    #[test]
    fn the_help_lists_every_member_of_an_error() {
        let text = || Some(String::new());
        let (message, causes) = (String::new(), vec![String::new()]);
        let report = Report { kind: "", message, causes, details: text(), hint: text() };
        let value = serde_json::to_value(report).unwrap();
        for member in value.as_object().unwrap().keys() {
            assert!(crate::help::LONG.contains(&format!("\"{member}\"")), "{member}");
        }
    }

    /// Catches JSON of more than a line, which nobody can read line by line.
    #[test]
    fn with_json_a_failure_is_one_object_on_one_line() {
        let text = json(&refused());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        assert_eq!(value["error"]["kind"], "connection-refused");
        assert_eq!(value["error"]["hint"], "start the server, or check the port");
    }
}
