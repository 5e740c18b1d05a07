//! A call whose mirrored arguments do not fit (2026-07-28, "Custom Headers", error -32020): what is
//! known of the server's tools is out of date. They are asked for again, and the call is repeated: a
//! server refuses it before it runs anything.

use crate::call::{Drive as _, Outgoing, Step};
use crate::error::{Error, RpcError};
use crate::limits::ERRAND_PAGES;
use crate::notification::Change;
use crate::params::Params;
use crate::session::{Session, Wire};
use crate::typed::ToolPage;

use super::{RequestCall, State};

/// `HeaderMismatch` (2026-07-28, "Error Codes").
const HEADER_MISMATCH: i64 = -32020;

/// The list of tools, on the way to a call.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) list: RequestCall,
    pages: u32,
    /// What the call ends with if the list is not to be had.
    refused: RpcError,
}

impl RequestCall {
    /// Whether the server refused the call because of the fields that mirror its arguments, so that
    /// its tools are asked for first.
    pub(super) fn runs_errand(&mut self, session: &mut Session, error: &RpcError) -> bool {
        let is_due = error.code == HEADER_MISMATCH
            && self.method == "tools/call"
            && matches!(session.wire(), Wire::Modern(_))
            && !core::mem::replace(&mut self.repeated_with_fields, true);
        if is_due {
            session.has_changed(Some(&Change::Tools));
            let list = self.page_of_tools(None);
            let errand = Errand { list, pages: 1, refused: error.clone() };
            self.state = State::Errand(Box::new(errand));
        }
        is_due
    }

    fn page_of_tools(&self, cursor: Option<&str>) -> Self {
        Self::new(Outgoing {
            call: self.call,
            method: "tools/list".to_owned(),
            params: Params::cursor(cursor),
            progress: false,
            idle_timeout: self.idle_timeout,
            meta: None,
        })
    }

    pub(super) fn on_errand(
        &mut self,
        session: &mut Session,
        mut errand: Box<Errand>,
    ) -> Option<Step> {
        let outcome = match errand.list.poll(session) {
            Step::Done(outcome) => outcome,
            step => {
                self.state = State::Errand(errand);
                return Some(step);
            }
        };
        let next = outcome.map(|answer| ToolPage::parse(&answer.result).value.next_cursor);
        self.state = match next {
            Ok(Some(cursor)) if errand.pages < ERRAND_PAGES => {
                errand.list = self.page_of_tools(Some(&cursor));
                errand.pages += 1;
                State::Errand(errand)
            }
            Ok(_) => State::Ready,
            Err(_unlisted) => State::Settled(Err(Error::Rpc(errand.refused))),
        };
        None
    }
}
