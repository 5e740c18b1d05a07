use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

/// Why text is not base64 (RFC 4648 section 4, padding required, no line breaks).
///
/// Displays as stock executors word it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64Error(::base64::DecodeError);

impl fmt::Display for Base64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Base64Error {}

/// Decodes strict standard base64.
///
/// # Errors
///
/// [`Base64Error`] for any other alphabet, missing padding, white space or stray bits.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, Base64Error> {
    if let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(text) {
        return Ok(bytes);
    }
    STANDARD.decode(text).map_err(Base64Error)
}

/// The number of bytes that base64 text of this length decodes to, if it is well-formed.
pub(crate) fn decoded_len(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|&byte| byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding.min(2))
}

pub(crate) fn append_base64(bytes: &[u8], text: &mut String) {
    base64_simd::STANDARD.encode_append(bytes, text);
}

/// Bytes that serialise as base64 text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsBase64<'a>(pub(crate) &'a [u8]);

impl Serialize for AsBase64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len().div_ceil(3).saturating_mul(4));
        append_base64(self.0, &mut text);
        serializer.serialize_str(&text)
    }
}
