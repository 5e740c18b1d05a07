use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Chunks shorter than this are merged when they are queued, so that the bookkeeping of many
/// small chunks stays proportional to their bytes.
const MERGE_BELOW_BYTES: usize = 4096;

/// Bytes in order. Large chunks pass through without being copied.
#[derive(Debug, Default)]
pub(super) struct ByteQueue {
    chunks: VecDeque<Vec<u8>>,
    /// Bytes of the front chunk that are gone.
    taken: usize,
    len: usize,
}

impl ByteQueue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn push(&mut self, chunk: Vec<u8>) {
        if chunk.is_empty() {
            return;
        }
        self.len += chunk.len();
        match self.chunks.back_mut() {
            Some(last) if last.len().max(chunk.len()) < MERGE_BELOW_BYTES => {
                last.extend_from_slice(&chunk);
            }
            _ => self.chunks.push_back(chunk),
        }
    }

    /// Takes up to `max` bytes from the front; at least half of it where there is that much.
    pub(super) fn take(&mut self, max: usize) -> Vec<u8> {
        if let Some(chunk) = self.take_whole(max) {
            return chunk;
        }
        let mut bytes = Vec::with_capacity(max.min(self.len));
        while bytes.len() < max && self.take_part(max - bytes.len(), &mut bytes) {}
        self.len -= bytes.len();
        bytes
    }

    /// The front chunk itself, if there is no other or it is most of what is wanted.
    fn take_whole(&mut self, max: usize) -> Option<Vec<u8>> {
        let front = self.chunks.front()?;
        let enough = front.len() >= max.div_ceil(2) || self.chunks.len() == 1;
        if self.taken != 0 || front.len() > max || !enough {
            return None;
        }
        self.len -= front.len();
        self.chunks.pop_front()
    }

    /// Copies from the front chunk; says whether there was one.
    fn take_part(&mut self, max: usize, bytes: &mut Vec<u8>) -> bool {
        let Some(front) = self.chunks.front() else {
            return false;
        };
        let rest = front.get(self.taken..).unwrap_or_default();
        let (part, left) = rest.split_at(rest.len().min(max));
        bytes.extend_from_slice(part);
        self.taken += part.len();
        if left.is_empty() {
            self.chunks.pop_front();
            self.taken = 0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    /// Catches a large chunk that is copied where it could be handed through.
    #[test]
    fn a_large_chunk_passes_through_where_it_is_most_of_what_is_wanted() {
        let chunks = [vec![1; MERGE_BELOW_BYTES], vec![2; MERGE_BELOW_BYTES], vec![3]];
        let places = chunks.each_ref().map(|chunk| chunk.as_ptr());
        let mut queue = ByteQueue::default();
        for chunk in chunks {
            queue.push(chunk);
        }
        for (place, max) in places.into_iter().zip([MERGE_BELOW_BYTES, 8000, usize::MAX]) {
            let taken = queue.take(max);
            assert_eq!(taken.as_ptr(), place);
        }
    }

    /// Catches one entry for each of many small chunks.
    #[test]
    fn small_chunks_share_an_entry() {
        let mut queue = ByteQueue::default();
        for _ in 0..MERGE_BELOW_BYTES {
            queue.push(vec![0]);
        }
        assert_eq!(queue.chunks.len(), 1);
    }

    proptest! {
        /// Catches bytes that are lost, repeated or miscounted where chunks meet, more of them than
        /// were wanted, and so few that a delta hardly pays.
        #[test]
        fn bytes_come_out_as_they_went_in_and_at_least_half_of_what_is_wanted(
            steps in prop::collection::vec((0_usize..9000, 1_usize..9000), 1..40),
        ) {
            let mut queue = ByteQueue::default();
            let mut expected = Vec::new();
            for (step, (pushed, max)) in steps.into_iter().enumerate() {
                let chunk = (0..pushed).map(|byte| (byte * 7 + step) as u8).collect::<Vec<_>>();
                expected.extend_from_slice(&chunk);
                queue.push(chunk);
                let taken = queue.take(max);
                let least = max.div_ceil(2).min(expected.len());
                prop_assert!((least..=max).contains(&taken.len()), "{} of {max}", taken.len());
                prop_assert_eq!(&taken[..], &expected[..taken.len()]);
                expected.drain(..taken.len());
                prop_assert_eq!((queue.len(), queue.is_empty()), (expected.len(), expected.is_empty()));
            }
        }
    }
}
