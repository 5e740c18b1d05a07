//! What comes back from the user's browser (RFC 6749 section 4.1.2, RFC 9207).

use crate::error::{Error, Mismatch, Refusal};
use crate::text::shown;
use url::form_urlencoded;

/// A redirect from the right issuer.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirected {
    /// What a token can be had for.
    pub code: String,
    /// What was sent along.
    pub state: String,
}

/// Reads the query of a redirect. The issuer is judged first: what another says, an error included, is
/// not looked at (RFC 9207 section 2.4).
///
/// # Errors
///
/// [`Error::WrongIssuer`], [`Error::Refused`] with what the server said, [`Error::Invalid`] for
/// anything that is no answer.
pub fn read(query: &str, issuer: &str, names_itself: bool) -> Result<Redirected, Error> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let one = |name: &str| {
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            _ => Err(Error::Invalid(format!("the redirect has more than one `{name}`"))),
        }
    };
    match one("iss")? {
        Some(found) if found != issuer => {
            return Err(Error::WrongIssuer(Mismatch::new(issuer, found)));
        }
        None if names_itself => return Err(Error::WrongIssuer(Mismatch::new(issuer, ""))),
        _ => {}
    }
    let missing = |name: &str| Error::Invalid(format!("the redirect has no `{name}`"));
    if let Some(code) = one("error")? {
        let description = one("error_description")?.map(shown);
        return Err(Error::Refused(Refusal { code: shown(code), description }));
    }
    let state = one("state")?.ok_or_else(|| missing("state"))?.to_owned();
    let code = one("code")?.filter(|code| !code.is_empty()).ok_or_else(|| missing("code"))?;
    Ok(Redirected { code: code.to_owned(), state })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ISSUER: &str = "https://a.example/t";

    fn read(query: &str, names_itself: bool) -> Result<Redirected, Error> {
        super::read(query, ISSUER, names_itself)
    }

    /// Catches a code that is taken from another server: a mix-up (RFC 9207 section 4), and a
    /// comparison of issuers after they were normalised.
    #[test]
    fn a_redirect_of_another_issuer_is_refused_before_anything_else() {
        for (query, names_itself) in [
            ("code=c&state=s", true),
            ("code=c&state=s&iss=https%3A%2F%2Fevil.example", true),
            ("code=c&state=s&iss=https%3A%2F%2Fevil.example", false),
            ("code=c&state=s&iss=https%3A%2F%2Fa.example%2Ft%2F", true),
            ("error=access_denied&state=s&iss=https%3A%2F%2Fevil.example", false),
            ("error=access_denied&state=s", true),
        ] {
            let refused = read(query, names_itself).err().unwrap();
            assert!(matches!(refused, Error::WrongIssuer(_)), "{query}: {refused:?}");
        }
    }

    /// Catches an issuer that is asked for where none was announced, and a query that is not decoded.
    #[test]
    fn a_redirect_of_the_issuer_is_read() {
        for (query, names_itself) in [
            ("code=a%2Fb+c&state=s&iss=https%3A%2F%2Fa.example%2Ft", true),
            ("?state=s&code=a%2Fb%20c&x=y", false),
        ] {
            let redirected = read(query, names_itself).unwrap();
            assert_eq!((&*redirected.code, &*redirected.state), ("a/b c", "s"));
        }
    }

    /// Catches one of two codes that is used, and an answer without one.
    #[test]
    fn what_is_ambiguous_or_missing_is_refused() {
        for query in [
            "code=a&code=b&state=s",
            "code=a&state=s&state=t",
            "state=s",
            "code=&state=s",
            "code=a",
            "",
        ] {
            assert!(matches!(read(query, false), Err(Error::Invalid(_))), "{query}");
        }
        let denied = read("error=access_denied&error_description=no%1b%5B2J&state=s", false);
        let Err(Error::Refused(refusal)) = denied else { panic!("not refused") };
        assert_eq!(refusal.code, "access_denied");
        assert_eq!(refusal.description.unwrap(), "no\u{fffd}[2J");
    }
}
