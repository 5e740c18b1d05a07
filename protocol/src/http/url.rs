use alloc::string::ToString;

use super::InvalidRequest;

/// Refuses what is not an absolute `http` or `https` URL with an authority, in this order, as stock
/// executors do. Anything else about a URL is judged by whoever dials it.
pub(super) fn check_url(url: &str) -> Result<(), InvalidRequest> {
    let invalid = |cause: &str| InvalidRequest::Url(cause.to_string());
    // Those who dial read a URL as browsers do: without the space around it, and with any number of
    // slashes of either kind before the authority.
    let url = url.trim_matches(|letter: char| letter <= ' ');
    let (scheme, rest) = split_scheme(url).ok_or_else(|| invalid("relative URL without a base"))?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(&*scheme, "http" | "https") {
        return Err(InvalidRequest::Scheme(scheme));
    }
    let rest = rest.trim_start_matches(['/', '\\']);
    if rest.is_empty() || rest.starts_with(['?', '#']) {
        return Err(invalid("empty host"));
    }
    Ok(())
}

/// A scheme (RFC 3986 section 3.1), and what follows its colon.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let legal =
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(legal);
    legal.then_some((scheme, rest))
}
