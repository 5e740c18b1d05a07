//! Content codings (RFC 9110 section 8.4). None is asked for, and content delivery networks send
//! them all the same: they are undone here, in the sandbox.

use core::mem;
use std::io::{self, Write};

use crate::http::Head as _;
use crate::limits::DECODED_PIECE_BYTES;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use sandbar_exchange::Response;

/// Undoes the coding of a body.
pub(crate) struct ContentDecoder {
    inner: Inner,
    whole: bool,
}

enum Inner {
    Gzip(MultiGzDecoder<Output>),
    /// `deflate`, of which nobody knows yet whether it has the zlib header that it should have
    /// (RFC 9110 section 8.4.1.2): some servers leave it out.
    Undecided,
    Zlib(ZlibDecoder<Output>),
    Raw(DeflateDecoder<Output>),
}

impl core::fmt::Debug for ContentDecoder {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("ContentDecoder(..)")
    }
}

/// The decoder of a response's body; none where it comes as it is.
///
/// # Errors
///
/// The coding, in the middle of a sentence, where it is not among those that can be undone.
pub(crate) fn of(head: &Response) -> Result<Option<ContentDecoder>, String> {
    let Some(coding) = head.content_coding() else { return Ok(None) };
    let inner = match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => Inner::Gzip(MultiGzDecoder::new(Output::default())),
        "deflate" => Inner::Undecided,
        _ => {
            return Err(format!(
                "the answer has the content-encoding `{coding}`, which was not asked for"
            ));
        }
    };
    Ok(Some(ContentDecoder { inner, whole: false }))
}

impl ContentDecoder {
    /// What a slice of the body means, as far as it can be told yet.
    ///
    /// # Errors
    ///
    /// What is wrong, in the middle of a sentence.
    pub(crate) fn decode(&mut self, slice: &[u8]) -> Result<Vec<u8>, String> {
        if slice.is_empty() {
            return Ok(Vec::new());
        }
        if matches!(self.inner, Inner::Undecided) {
            // The low half of the first byte of a zlib stream is 8 (RFC 1950 section 2.2); in a raw
            // one it would begin a stored block of odd padding.
            let is_zlib = slice.first().is_some_and(|first| first & 0x0F == 8);
            self.inner = if is_zlib {
                Inner::Zlib(ZlibDecoder::new(Output::default()))
            } else {
                Inner::Raw(DeflateDecoder::new(Output::default()))
            };
        }
        let decoded = match &mut self.inner {
            Inner::Gzip(decoder) => decode(decoder, slice).map(|()| decoder.get_mut()),
            Inner::Zlib(decoder) => decode(decoder, slice).map(|()| decoder.get_mut()),
            Inner::Raw(decoder) => decode(decoder, slice).map(|()| decoder.get_mut()),
            Inner::Undecided => return Ok(Vec::new()),
        };
        match decoded {
            Ok(output) => Ok(mem::take(&mut output.0)),
            Err(error) => Err(format!("the body of the answer cannot be decoded: {error}")),
        }
    }

    /// Whether nothing is missing at the end of the body.
    pub(crate) fn is_whole(&mut self) -> bool {
        self.whole = self.whole
            || match &mut self.inner {
                // A body without a byte is as good as one that was not coded.
                Inner::Undecided => true,
                Inner::Gzip(decoder) => decoder.try_finish().is_ok(),
                Inner::Zlib(decoder) => decoder.try_finish().is_ok(),
                Inner::Raw(decoder) => decoder.try_finish().is_ok(),
            };
        self.whole
    }
}

fn decode(decoder: &mut impl Write, slice: &[u8]) -> io::Result<()> {
    decoder.write_all(slice)?;
    // An event must not wait for the next one to push it out.
    decoder.flush()
}

/// What came out, up to a bound.
#[derive(Debug, Default)]
struct Output(Vec<u8>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > DECODED_PIECE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
