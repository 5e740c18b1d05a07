//! A call whose mirrored arguments do not fit (2026-07-28, "Custom Headers", error -32020): the server's
//! tools are asked for again, in the client's name, and the call is sent once more. A server refuses
//! it before it runs anything.

use std::borrow::Cow;

use crate::call::{Drive as _, Step};
use crate::error::RpcError;
use crate::json_string;
use crate::json_text::{ObjectText, Picked, quoted, write_object};
use crate::jsonrpc::Id;
use crate::limits::ERRAND_PAGES;
use crate::negotiation::HEADER_MISMATCH;
use crate::relayed::{Outbound, OutboundKind};
use crate::session::Session;

use super::{RelayCall, State};

/// The list of tools, on the way to a call.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) list: RelayCall,
    pages: u32,
    next: Option<String>,
    /// What the client is told if the list is not to be had.
    refused: String,
}

impl RelayCall {
    /// Whether the server refused the call because of the fields that mirror its arguments, so that
    /// its tools are asked for first.
    pub(super) fn runs_errand(
        &mut self,
        session: &mut Session,
        error: &RpcError,
        message: &str,
    ) -> bool {
        let is_due = error.code == HEADER_MISMATCH
            && self.is("tools/call")
            && self.is_modern()
            && !core::mem::replace(&mut self.repeated_with_fields, true);
        if is_due {
            session.forget_answers();
            let refused = message.to_owned();
            let list = self.page_of_tools(session, None);
            self.state = State::Errand(Box::new(Errand { list, pages: 1, next: None, refused }));
        }
        is_due
    }

    /// The request for a page, with what the call says of its client.
    fn page_of_tools(&self, session: &mut Session, cursor: Option<&str>) -> Self {
        let meta = self.message.params().ok().and_then(|params| {
            let meta = ObjectText::parse(params.get("_meta")?).ok()?;
            // Progress is the call's.
            Some(meta.replacing(&[("progressToken", None)]).as_str().to_owned())
        });
        let id = Id::of(&quoted(&format!("sandbar-{}", session.next_id())))
            .unwrap_or_else(|| Id::from(0));
        let cursor = cursor.map(quoted);
        let mut members = vec![("_meta", meta.as_deref().unwrap_or("{}"))];
        members.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut params = String::new();
        write_object(&mut params, &members);
        let method = "tools/list".to_owned();
        let mut text = String::new();
        write_object(
            &mut text,
            &[
                ("jsonrpc", "\"2.0\""),
                ("id", id.as_json()),
                ("method", "\"tools/list\""),
                ("params", &params),
            ],
        );
        let kind = OutboundKind::Request { id, method };
        Self::new(Outbound { text, kind, modern: self.message.modern.clone() })
    }

    pub(super) fn on_errand(
        &mut self,
        session: &mut Session,
        mut errand: Box<Errand>,
    ) -> Option<Step> {
        match errand.list.poll(session) {
            Step::Done(outcome) => {
                let more = errand.next.take().filter(|_| errand.pages < ERRAND_PAGES);
                self.state = match (outcome, more) {
                    (Err(_), _) => State::Telling(self.spelled(errand.refused, None)),
                    (Ok(_), None) => State::Ready,
                    (Ok(_), Some(cursor)) => {
                        errand.list = self.page_of_tools(session, Some(&cursor));
                        errand.pages += 1;
                        State::Errand(errand)
                    }
                };
                None
            }
            // It is nobody's but ours.
            Step::Text(text) => {
                errand.next = next_cursor(&text).or(errand.next);
                self.state = State::Errand(errand);
                None
            }
            step => {
                self.state = State::Errand(errand);
                Some(step)
            }
        }
    }
}

fn next_cursor(text: &str) -> Option<String> {
    let [result] = Picked::from(text, ["result"]).ok()?.values;
    let [cursor] = Picked::from(result?, ["nextCursor"]).ok()?.values;
    json_string::read(cursor?).map(Cow::into_owned)
}
