//! Answers that came on a stream on which they were not due: that of another call, or of none. Servers
//! that keep one stream for each client answer on whichever is open.

use std::collections::VecDeque;

use crate::error::RpcError;
use crate::limits::{ELSEWHERE_ANSWERS, ELSEWHERE_BYTES};

/// Those that nobody has asked for yet, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    answers: VecDeque<(i64, Result<String, RpcError>)>,
}

impl Elsewhere {
    /// Keeps the answer to the request `id`. The oldest make room for it.
    pub(crate) fn keep(&mut self, id: i64, answer: Result<String, RpcError>) {
        self.answers.push_back((id, answer));
        while self.answers.len() > ELSEWHERE_ANSWERS || self.bytes() > ELSEWHERE_BYTES {
            self.answers.pop_front();
        }
    }

    /// Hands out the answer to the request `id`.
    pub(crate) fn take(&mut self, id: i64) -> Option<Result<String, RpcError>> {
        let place = self.answers.iter().position(|(kept, _)| *kept == id)?;
        self.answers.remove(place).map(|(_, answer)| answer)
    }

    pub(crate) fn clear(&mut self) {
        self.answers.clear();
    }

    fn bytes(&self) -> usize {
        let size = |answer: &Result<String, RpcError>| match answer {
            Ok(result) => result.len(),
            Err(error) => error.message.len() + error.data.as_ref().map_or(0, String::len),
        };
        self.answers.iter().map(|(_, answer)| size(answer)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a table that grows with what a server makes up, and one that forgets the newest.
    #[test]
    fn what_is_kept_is_bounded_in_number_and_in_bytes() {
        let mut kept = Elsewhere::default();
        for id in 0..100 {
            kept.keep(id, Ok("{}".to_owned()));
        }
        assert_eq!((kept.answers.len(), kept.take(99)), (ELSEWHERE_ANSWERS, Some(Ok("{}".into()))));
        assert_eq!((kept.take(99), kept.take(0)), (None, None));
        kept.keep(100, Ok("x".repeat(ELSEWHERE_BYTES)));
        assert_eq!(kept.answers.len(), 1);
        let data = Some("x".repeat(ELSEWHERE_BYTES + 1));
        kept.keep(101, Err(RpcError { code: 0, message: String::new(), data }));
        assert_eq!(kept.answers.len(), 0);
    }
}
