//! Base64 as the wire has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sandbar_protocol::http::decode_base64;

proptest! {
    /// Catches a fast decoder that is more lenient than the one that words the errors, or decodes
    /// anything differently: padding, stray bits, white space, the other alphabet.
    #[test]
    fn exactly_strict_standard_base64_is_decoded(text in "[A-Za-z0-9+/=_\\- \n\u{e9}]{0,80}") {
        let expected = STANDARD.decode(&text);
        match (decode_base64(&text), expected) {
            (Ok(bytes), Ok(expected)) => prop_assert_eq!(bytes, expected),
            (Err(error), Err(expected)) => {
                prop_assert_eq!(error.to_string(), expected.to_string());
            }
            (decoded, expected) => prop_assert!(false, "{decoded:?} where {expected:?} was due"),
        }
    }

    /// Catches stray bits and padding that a random text seldom has.
    #[test]
    fn a_changed_character_is_decoded_or_refused_as_before(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        place in any::<prop::sample::Index>(),
        with in "[A-Za-z0-9+/=]",
    ) {
        let mut text = STANDARD.encode(&bytes);
        prop_assert_eq!(decode_base64(&text).unwrap(), bytes);
        if !text.is_empty() {
            let place = place.index(text.len());
            text.replace_range(place..=place, &with);
        }
        prop_assert_eq!(decode_base64(&text).ok(), STANDARD.decode(&text).ok());
    }
}
