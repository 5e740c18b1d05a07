//! What a body amounts to, and whether that is all of it.

use alloc::string::String;

#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{ErrorCode, Failure, Response};

/// What a cleanly ended body amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BodySummary {
    /// Bytes of the body, if whoever performed the exchange counted them.
    pub bytes: Option<u64>,
    /// Deltas that carried them, when they travelled as deltas.
    pub deltas: Option<u64>,
}

/// Counts the bytes of a body as they arrive, and judges its end: whoever reads one has such a count.
///
/// The end of a stream proves nothing, and neither does whoever calls it clean: fewer bytes than
/// were announced or summed up are an incomplete body, and so are more, which are not those that
/// were meant.
#[derive(Debug)]
pub struct BodyCount {
    received: u64,
    announced: Option<u64>,
    authority: Option<String>,
}

impl BodyCount {
    /// Of the body that belongs to this head. An answer to HEAD announces what it does not send.
    #[must_use]
    pub fn of(head: &Response, to_head: bool) -> Self {
        Self { received: 0, announced: head.announced_bytes(to_head), authority: head.authority() }
    }

    /// Counts a piece of so many bytes.
    pub fn add(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(bytes);
    }

    /// Bytes so far.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that are still to come, where the head said how many there are.
    #[must_use]
    pub fn expected(&self) -> Option<u64> {
        Some(self.announced?.saturating_sub(self.received))
    }

    /// Whether these are all bytes, as far as the head said how many there are.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.announced.is_none_or(|announced| announced == self.received)
    }

    /// How a body ended of which no more bytes come, where `outcome` is what the other side says of
    /// its end: a summary of nothing if it says nothing.
    ///
    /// # Errors
    ///
    /// The failure that the other side tells, as it is; else [`ErrorCode::IncompleteBody`] where a
    /// count is not that of the bytes that came.
    pub fn end(&self, outcome: Result<BodySummary, Failure>) -> Result<(), Failure> {
        let summed_up = outcome?.bytes;
        if self.is_whole() && summed_up.is_none_or(|bytes| bytes == self.received) {
            return Ok(());
        }
        Err(self.failure(ErrorCode::IncompleteBody))
    }

    /// A failure of this body, with the host and port that it came from.
    #[must_use]
    pub fn failure(&self, code: ErrorCode) -> Failure {
        Failure { authority: self.authority.clone(), ..Failure::sent(code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;
    use alloc::vec;
    use alloc::vec::Vec;

    /// A count of a body that announces 3 bytes, after pieces of these lengths.
    fn counted(pieces: &[usize]) -> BodyCount {
        count(vec![Field::new("content-length", "3")], pieces)
    }

    /// The same, without an announcement.
    fn unannounced(pieces: &[usize]) -> BodyCount {
        count(vec![], pieces)
    }

    fn count(fields: Vec<Field>, pieces: &[usize]) -> BodyCount {
        let head = Response { status: 200, fields, url: "http://a.example/x".into() };
        let mut count = BodyCount::of(&head, false);
        for piece in pieces {
            count.add(*piece);
        }
        count
    }

    fn clean(bytes: Option<u64>) -> Result<BodySummary, Failure> {
        Ok(BodySummary { bytes, deltas: Some(1) })
    }

    fn incomplete() -> Result<(), Failure> {
        Err(Failure::sent(ErrorCode::IncompleteBody).at("a.example:80"))
    }

    /// Catches a count that has the last piece alone, and one that passes its end where what is still
    /// to come is asked for.
    #[test]
    fn every_piece_counts() {
        assert_eq!(counted(&[]).expected(), Some(3));
        assert_eq!((counted(&[1, 1]).received(), counted(&[1, 1]).expected()), (2, Some(1)));
        assert_eq!((counted(&[2, 2]).received(), counted(&[2, 2]).expected()), (4, Some(0)));
        assert_eq!((unannounced(&[2]).received(), unannounced(&[2]).expected()), (2, None));
        assert_eq!(unannounced(&[usize::MAX, usize::MAX]).received(), u64::MAX);
    }

    /// Catches an end that is believed though bytes are missing or too many came, by what the head
    /// says or by what the executor counted, and a failure without its place.
    #[test]
    fn an_end_is_clean_only_where_every_count_fits() {
        for told in [None, Some(3)] {
            assert_eq!(counted(&[2, 1]).end(clean(told)), Ok(()));
            assert_eq!(unannounced(&[2, 1]).end(clean(told)), Ok(()));
            assert_eq!(counted(&[2]).end(clean(told)), incomplete());
            assert_eq!(counted(&[2, 2]).end(clean(told)), incomplete());
        }
        for count in [counted(&[3]), unannounced(&[3])] {
            assert_eq!(count.end(clean(Some(2))), incomplete());
            assert_eq!(count.end(clean(Some(4))), incomplete());
        }
        assert_eq!(unannounced(&[]).end(clean(None)), Ok(()));
    }

    /// Catches a judgement that takes the place of what the other side says of a failure: how, where,
    /// and whether the server can have acted.
    #[test]
    fn a_failure_that_is_told_stays_as_it_is() {
        let told = Failure::unsent(ErrorCode::IdleTimeout).at("b.example:81");
        for count in [counted(&[3]), counted(&[2]), unannounced(&[3])] {
            assert_eq!(count.end(Err(told.clone())), Err(told.clone()));
        }
    }

    /// Catches a body that is left before its last byte, or after one byte too many, as if that were
    /// all of it.
    #[test]
    fn a_body_is_whole_with_the_bytes_that_were_announced_and_no_others() {
        assert!(counted(&[1, 2]).is_whole() && unannounced(&[]).is_whole());
        assert!(!counted(&[2]).is_whole() && !counted(&[2, 2]).is_whole());
    }

    /// Catches an answer to HEAD that is incomplete because it has the length of what a GET would
    /// have got.
    #[test]
    fn an_answer_to_head_is_whole_without_a_body() {
        let fields = vec![Field::new("content-length", "3")];
        let head = Response { status: 200, fields, url: "http://a.example/".into() };
        assert_eq!(BodyCount::of(&head, true).end(clean(None)), Ok(()));
        assert_eq!(BodyCount::of(&head, false).end(clean(None)), incomplete());
    }
}
