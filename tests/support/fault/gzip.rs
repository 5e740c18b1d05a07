//! A gzip member (RFC 1952) of stored blocks (RFC 1951, section 3.2.4): valid for every decoder,
//! and no compressor is needed to write it.

const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const MAX_BLOCK: usize = u16::MAX as usize;

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut member = HEADER.to_vec();
    let mut rest = content;
    loop {
        let (block, after) = rest.split_at(rest.len().min(MAX_BLOCK));
        let length = block.len() as u16;
        member.push(u8::from(after.is_empty()));
        member.extend_from_slice(&length.to_le_bytes());
        member.extend_from_slice(&(!length).to_le_bytes());
        member.extend_from_slice(block);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    member.extend_from_slice(&crc32(content).to_le_bytes());
    // RFC 1952: the length modulo 2^32.
    member.extend_from_slice(&(content.len() as u32).to_le_bytes());
    member
}

fn crc32(content: &[u8]) -> u32 {
    let shift = |crc: u32| (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
    !content
        .iter()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    use super::gzip;

    /// Catches a wrong checksum or length, on which strict decoders fail and lax ones do not.
    /// 0xcbf43926 is the check value of this CRC in every catalogue.
    #[test]
    fn a_short_member_is_one_final_stored_block() {
        let expected = [
            &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..],
            &[1, 9, 0, 0xf6, 0xff],
            b"123456789",
            &[0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0],
        ];
        assert_eq!(gzip(b"123456789"), expected.concat());
    }

    /// Catches a first block that is marked as final although another one follows.
    #[test]
    fn long_content_takes_several_blocks() {
        let member = gzip(&vec![b'x'; 65_536]);
        assert_eq!(member[10..15], [0, 0xff, 0xff, 0, 0]);
        assert_eq!(member[15 + 65_535..][..6], [1, 1, 0, 0xfe, 0xff, b'x']);
    }
}
