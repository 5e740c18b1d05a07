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
