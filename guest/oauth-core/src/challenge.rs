//! What a server wants of whoever asks it: `www-authenticate` (RFC 9110 section 11.6.1).
//!
//! Several challenges may stand in one field, and a field may come several times. Commas separate
//! challenges as well as the parameters of one, so that what follows decides: a token before an equals
//! sign is a parameter, any other begins a challenge.

use crate::scope;

/// What is wanted, of all challenges of OAuth together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Whether tokens have to be bound to a key (RFC 9449): where nothing else will do.
    pub dpop: bool,
    /// `insufficient_scope` and the like (RFC 6750 section 3.1).
    pub error: Option<String>,
    /// The scopes that would do.
    pub scopes: Option<Vec<String>>,
    /// Where the metadata of the protected resource are (RFC 9728 section 5.1).
    pub resource_metadata: Option<String>,
}

impl Challenge {
    /// Reads all values of the field. What is no challenge of OAuth is left out; of two that say the
    /// same, the first counts.
    #[must_use]
    pub fn read<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let schemes: Vec<_> = values.into_iter().flat_map(Scheme::read_all).collect();
        let of = |name: &'static str| {
            schemes.iter().filter(move |scheme| scheme.name.eq_ignore_ascii_case(name))
        };
        let bearer: Vec<_> = of("bearer").collect();
        let dpop = bearer.is_empty() && of("dpop").next().is_some();
        let mut challenge = Self { dpop, ..Self::default() };
        for (name, value) in bearer.into_iter().chain(of("dpop")).flat_map(|it| &it.parameters) {
            let once = |slot: &mut Option<String>| {
                slot.get_or_insert_with(|| value.clone());
            };
            match name.to_ascii_lowercase().as_str() {
                "error" => once(&mut challenge.error),
                "resource_metadata" => once(&mut challenge.resource_metadata),
                "scope" if challenge.scopes.is_none() => {
                    challenge.scopes = Some(scope::split(value))
                }
                _ => {}
            }
        }
        challenge
    }
}

/// One challenge.
#[derive(Debug)]
struct Scheme {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Scheme {
    fn read_all(value: &str) -> Vec<Self> {
        let mut rest = value;
        let mut schemes: Vec<Self> = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let end = rest.find(|char: char| !is_token(char)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            if token.is_empty() {
                // Something that cannot be here: on to what comes after the next comma.
                let Some((_, next)) = rest.split_once(',') else { return schemes };
                rest = next;
                continue;
            }
            let after = after.trim_start_matches([' ', '\t']);
            rest = match after.strip_prefix('=') {
                Some(value) => {
                    let (value, rest) = read_value(value.trim_start_matches([' ', '\t']));
                    if let Some(scheme) = schemes.last_mut() {
                        scheme.parameters.push((token.to_owned(), value));
                    }
                    rest
                }
                None => {
                    schemes.push(Self { name: token.to_owned(), parameters: Vec::new() });
                    after
                }
            };
        }
    }
}

/// The value of a parameter, a quoted string or a token, and what follows it.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // A URL without quotes is none by the grammar, and is met all the same.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(char)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn read(values: &[&str]) -> Challenge {
        Challenge::read(values.iter().copied())
    }

    fn metadata(values: &[&str]) -> Option<String> {
        read(values).resource_metadata
    }

    /// Catches a parser that takes the first challenge for all, splits at commas within quotes, or
    /// minds the case of names.
    #[test]
    fn the_challenge_of_oauth_is_found_among_others() {
        for values in [
            &[r#"Bearer resource_metadata="https://a/x,y", scope="b c""#][..],
            &[
                r#"Basic realm="a, Bearer x=\"y\"", bearer Resource_Metadata = "https://a/x,y" ,scope="b c""#,
            ],
            &[r#"Negotiate abc==, Bearer scope="b c",resource_metadata="https://a/x,y""#],
            &[
                "Basic realm=x",
                r#"BEARER scope="b c""#,
                r#"Bearer resource_metadata="https://a/x,y""#,
            ],
            &[
                r#",,  ,Bearer error=invalid_token, scope="b c", resource_metadata="https:\/\/a\/x,y""#,
            ],
        ] {
            let challenge = read(values);
            assert_eq!(challenge.resource_metadata.as_deref(), Some("https://a/x,y"), "{values:?}");
            assert_eq!(challenge.scopes.unwrap(), ["b", "c"], "{values:?}");
            assert!(!challenge.dpop);
        }
    }

    /// Catches a parameter of another scheme that is taken for one of OAuth.
    #[test]
    fn parameters_belong_to_their_scheme() {
        assert_eq!(
            metadata(&[r#"Basic resource_metadata="https://evil/", Bearer error="x""#]),
            None
        );
        assert_eq!(metadata(&[r#"resource_metadata="https://evil/""#]), None);
        assert_eq!(metadata(&["Bearer resource_metadata=https://a/b"]).unwrap(), "https://a/b");
        assert_eq!(metadata(&[]), None);
    }

    /// Catches a client that binds tokens where a bearer token would do, and one that never does.
    #[test]
    fn tokens_are_bound_where_nothing_else_will_do() {
        assert!(read(&[r#"DPoP algs="ES256""#]).dpop);
        assert!(!read(&[r#"DPoP algs="ES256", Bearer"#]).dpop);
        assert!(!read(&["Basic"]).dpop);
    }

    proptest! {
        /// Catches a parser that panics or does not end.
        #[test]
        fn any_text_is_read(values in proptest::collection::vec(".{0,80}", 0..4)) {
            let _ = Challenge::read(values.iter().map(String::as_str));
        }
    }
}
