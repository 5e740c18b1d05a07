//! Content codings (RFC 9110 section 8.4). None is asked for, and content delivery networks send
//! them all the same: they are undone here, in the sandbox.
//!
//! gzip and deflate, which are one compression in two wrappings. Brotli would take a dictionary that
//! is a fifth of the whole component.

use core::mem;

use crate::http::Head as _;
use crate::limits::GZIP_HEADER_BYTES;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use sandbar_exchange::Response;

/// Undoes the coding of a body.
#[derive(Debug)]
pub(crate) struct ContentDecoder {
    is_gzip: bool,
    stage: Stage,
    /// What has come and could not be read yet.
    input: Vec<u8>,
    inflate: Decompress,
    checksum: Crc,
}

/// What is to be read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What is before the compressed data.
    Header,
    Data,
    /// Checksum and length of a gzip member (RFC 1952 section 2.3.1).
    Trailer,
    /// Another gzip member, or nothing.
    Next,
    /// Nothing: there may be padding.
    Nothing,
}

/// The decoder of a response's body; none where it comes as it is.
///
/// # Errors
///
/// The coding, in a sentence, where it is not among those that can be undone.
pub(crate) fn of(head: &Response) -> Result<Option<ContentDecoder>, String> {
    let Some(coding) = head.content_coding() else { return Ok(None) };
    let is_gzip = match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => true,
        "deflate" => false,
        _ => {
            return Err(format!(
                "the answer has the content-encoding `{coding}`, which was not asked for"
            ));
        }
    };
    Ok(Some(ContentDecoder {
        is_gzip,
        stage: Stage::Header,
        input: Vec::new(),
        inflate: Decompress::new(false),
        checksum: Crc::new(),
    }))
}

impl ContentDecoder {
    /// What a slice of the body means, as far as it can be told yet.
    ///
    /// # Errors
    ///
    /// What is wrong, in a sentence.
    pub(crate) fn decode(&mut self, slice: &[u8]) -> Result<Vec<u8>, String> {
        let broken = |what| format!("the content-encoding of the answer cannot be undone: {what}");
        self.input.extend_from_slice(slice);
        let mut input = mem::take(&mut self.input);
        let mut output = Vec::new();
        loop {
            let read = match self.stage {
                Stage::Header if self.is_gzip => self.gzip_header(&input),
                Stage::Header => self.deflate_header(&input),
                Stage::Data => self.inflate(&input, &mut output),
                Stage::Trailer => self.trailer(&input),
                Stage::Next => Ok(Some(self.next_member(&input))),
                Stage::Nothing => Ok(Some(input.len())),
            };
            let Some(read) = read.map_err(broken)? else { break };
            input.drain(..read);
            if input.is_empty() {
                break;
            }
        }
        self.input = input;
        Ok(output)
    }

    /// Whether nothing is missing at the end of the body.
    pub(crate) fn is_whole(&self) -> bool {
        // Nothing at all is as good as nothing that was not coded.
        self.input.is_empty() && matches!(self.stage, Stage::Header | Stage::Next | Stage::Nothing)
    }

    /// Each stage says how many bytes it has read; none where it needs more.
    fn gzip_header(&mut self, input: &[u8]) -> Result<Option<usize>, &'static str> {
        let read = gzip_header(input)?;
        if read.is_some() {
            self.inflate.reset(false);
            self.checksum.reset();
            self.stage = Stage::Data;
        } else if input.len() > GZIP_HEADER_BYTES {
            return Err("its header is too long");
        }
        Ok(read)
    }

    /// Some servers leave out the zlib header that `deflate` has (RFC 9110 section 8.4.1.2). The low
    /// half of its first byte is 8, with which no raw data of a server's begins.
    fn deflate_header(&mut self, input: &[u8]) -> Result<Option<usize>, &'static str> {
        let Some(first) = input.first() else { return Ok(None) };
        self.inflate.reset(first & 0x0F == 8);
        self.stage = Stage::Data;
        Ok(Some(0))
    }

    fn inflate(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<usize>, &'static str> {
        let mut read = 0;
        loop {
            let (start, before) = (output.len(), self.inflate.total_in());
            output.reserve(input.len().max(64));
            let rest = input.get(read..).unwrap_or_default();
            let status = self
                .inflate
                .decompress_vec(rest, output, FlushDecompress::None)
                .map_err(|_| "the data is broken")?;
            read += usize::try_from(self.inflate.total_in() - before).unwrap_or(0);
            self.checksum.update(output.get(start..).unwrap_or_default());
            if status == Status::StreamEnd {
                self.stage = if self.is_gzip { Stage::Trailer } else { Stage::Nothing };
                return Ok(Some(read));
            }
            // Room that is left says that nothing waits for it. How much room it takes in all is
            // limited by the size of the slice (see `CODED_SLICE_BYTES`).
            if output.len() < output.capacity() {
                return if read > 0 { Ok(Some(read)) } else { Ok(None) };
            }
        }
    }

    fn trailer(&mut self, input: &[u8]) -> Result<Option<usize>, &'static str> {
        let Some((trailer, _)) = input.split_first_chunk::<8>() else { return Ok(None) };
        let [a, b, c, d, e, f, g, h] = *trailer;
        let sum = u32::from_le_bytes([a, b, c, d]);
        let length = u32::from_le_bytes([e, f, g, h]);
        if (sum, length) != (self.checksum.sum(), self.checksum.amount()) {
            return Err("the checksum does not fit");
        }
        self.stage = Stage::Next;
        Ok(Some(trailer.len()))
    }

    fn next_member(&mut self, input: &[u8]) -> usize {
        let begins = input.first() == GZIP_MAGIC.first();
        self.stage = if begins { Stage::Header } else { Stage::Nothing };
        0
    }
}

/// What a gzip member begins with: two bytes of its own, and the one compression there is.
const GZIP_MAGIC: [u8; 3] = [0x1F, 0x8B, 8];

/// How long the header of a gzip member is (RFC 1952 section 2.3); none where it is not there yet.
fn gzip_header(input: &[u8]) -> Result<Option<usize>, &'static str> {
    let known = input.len().min(GZIP_MAGIC.len());
    if input.get(..known) != GZIP_MAGIC.get(..known) {
        return Err("it is no gzip");
    }
    let Some(flags) = input.get(3) else { return Ok(None) };
    let mut end = 10;
    if flags & 4 != 0 {
        let Some(&[low, high]) = input.get(end..end + 2) else { return Ok(None) };
        end += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for text in [8, 16] {
        if flags & text != 0 {
            let zero = input.get(end..).and_then(|rest| memchr::memchr(0, rest));
            let Some(zero) = zero else { return Ok(None) };
            end += zero + 1;
        }
    }
    if flags & 2 != 0 {
        end += 2;
    }
    Ok((input.len() >= end).then_some(end))
}
