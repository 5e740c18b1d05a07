//! What follows from the answer to a request.

use core::time::Duration;
use std::borrow::Cow;

use crate::cache;
use crate::error::{Error, RpcError};
use crate::json_string;
use crate::json_text::Picked;
use crate::lost_session;
use crate::negotiation;
use crate::preview::quote;
use crate::reply::Expected;
use crate::session::{Session, Wire};

use super::{RequestCall, State};

impl RequestCall {
    pub(super) fn answered(
        &mut self,
        session: &mut Session,
        expected: Expected,
        outcome: Result<String, RpcError>,
    ) {
        match outcome {
            Ok(result) if self.task.is_some() => self.task_answered(result),
            Ok(result) => self.accept(session, result),
            Err(error) if self.mends(session, &error) => {}
            Err(error) => {
                let wants_session =
                    expected == Expected::Answer && lost_session::is_meant_by_error(&error);
                let refused = Error::Rpc(error);
                if wants_session {
                    self.refused_for_its_session(session, refused);
                } else {
                    self.settle(Err(refused));
                }
            }
        }
    }

    /// What a result means by the rules of the era.
    fn accept(&mut self, session: &mut Session, result: String) {
        if self.becomes_task_after(session, &result) {
            return;
        }
        let Some(modern) = session.modern_mut() else {
            match self.legacy_task(&result) {
                Some(task) => {
                    self.task = Some(task);
                    self.state = State::Ready;
                }
                None => {
                    self.settle(Ok(result));
                }
            }
            return;
        };
        let outcome = match result_type(&result).as_deref() {
            Some("input_required") => return self.input_required(result),
            Some("task") => return self.task_begun(&result),
            None | Some("complete") if self.method == "tools/list" => {
                Ok(modern.tool_headers.learn(&result).unwrap_or(result))
            }
            None | Some("complete") => Ok(result),
            Some(other) => Err(self.invalid(&format!(
                "the `resultType` `{other}` is unknown, in {}",
                quote(result.as_bytes())
            ))),
        };
        self.settle(outcome);
    }

    /// For how long the result may be used again. What came of answers of a user is for once
    /// (2026-07-28, "Caching").
    pub(super) fn fresh_for(&self, session: &Session, result: &str) -> Option<Duration> {
        let may_be_kept = matches!(session.wire(), Wire::Modern(_)) && !self.has_begun();
        may_be_kept.then(|| cache::freshness(&self.method, result)).flatten()
    }

    /// Whether the server refused something that this client can mend, before it ran anything: then
    /// the request goes on.
    pub(super) fn mends(&mut self, session: &mut Session, error: &RpcError) -> bool {
        if self.retries_with_version(session, error) {
            self.state = State::Ready;
            return true;
        }
        self.runs_errand(session, error)
            || self.becomes_task(session, error)
            || self.goes_elsewhere_first(session, error)
    }

    /// Whether the server refused only the version, before it ran anything, and named another that
    /// will do.
    fn retries_with_version(&mut self, session: &mut Session, error: &RpcError) -> bool {
        let Some(modern) = session.modern_mut() else {
            return false;
        };
        let Some(version) = negotiation::version_for_retry(error) else {
            return false;
        };
        modern.version = version;
        !core::mem::replace(&mut self.repeated_with_version, true)
    }
}

/// The `resultType` of a result; what is no string is none.
fn result_type(result: &str) -> Option<String> {
    let [kind] = Picked::from(result, ["resultType"]).ok()?.values;
    json_string::read(kind?).map(Cow::into_owned)
}
