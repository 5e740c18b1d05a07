//! Cookies of the exact origin of the endpoint (RFC 6265), in the memory of the session: balancers
//! find the server that has the session by them.

use crate::http::Head as _;
use crate::http_date;
use crate::limits::{COOKIE_BYTES, COOKIES};
use crate::place::Place;
use sandbar_exchange::{Field, Response, is_token};

/// The cookies of one endpoint. Values may be credentials, so they are kept out of `Debug` output.
#[derive(Default)]
pub(crate) struct Cookies(Vec<(String, String)>);

impl core::fmt::Debug for Cookies {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Cookies {
    /// Takes what a response sets, where it came from the origin of `endpoint`.
    pub(crate) fn take(&mut self, endpoint: &str, head: &Response) {
        let Some(place) = Place::of(endpoint) else { return };
        if Place::of(&head.url).is_none_or(|from| from.origin != place.origin) {
            return;
        }
        for value in head.values("set-cookie") {
            let cookie =
                core::str::from_utf8(value).ok().and_then(|text| SetCookie::parse(text, head));
            if let Some(cookie) = cookie.filter(|cookie| cookie.is_for(&place)) {
                self.set(cookie);
            }
        }
    }

    fn set(&mut self, cookie: SetCookie<'_>) {
        self.0.retain(|(name, _)| name != cookie.name);
        if !cookie.is_gone && self.0.len() < COOKIES {
            self.0.push((cookie.name.to_owned(), cookie.value.to_owned()));
        }
    }

    /// Adds them to the fields of a request, after those that the caller has set there.
    pub(crate) fn add_to(&self, fields: &mut Vec<Field>) {
        if self.0.is_empty() {
            return;
        }
        let own: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let own = own.join("; ");
        // There is one such field at most (RFC 6265 section 5.4).
        match fields.iter_mut().find(|field| field.name.eq_ignore_ascii_case("cookie")) {
            Some(field) => {
                field.value.extend_from_slice(b"; ");
                field.value.extend_from_slice(own.as_bytes());
            }
            None => fields.push(Field::new("cookie", own)),
        }
    }
}

/// One `set-cookie` value.
struct SetCookie<'a> {
    name: &'a str,
    value: &'a str,
    path: Option<&'a str>,
    secure: bool,
    /// Whether it takes the cookie away.
    is_gone: bool,
}

impl<'a> SetCookie<'a> {
    fn parse(text: &'a str, head: &Response) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let is_sendable = is_token(name)
            && name.len() + value.len() <= COOKIE_BYTES
            && value.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
        if !is_sendable {
            return None;
        }
        let mut cookie = Self { name, value, path: None, secure: false, is_gone: false };
        let (mut max_age, mut expires) = (None, None);
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            match attribute.trim().to_ascii_lowercase().as_str() {
                "path" => cookie.path = Some(value.trim()).filter(|path| path.starts_with('/')),
                "secure" => cookie.secure = true,
                "max-age" => max_age = value.trim().parse::<i64>().ok(),
                "expires" => expires = http_date::seconds(value),
                _ => {}
            }
        }
        // Without a clock, what the server calls now has to do.
        let now = head.text("date").and_then(http_date::seconds).unwrap_or(0);
        cookie.is_gone = match max_age {
            Some(seconds) => seconds <= 0,
            None => expires.is_some_and(|expires| expires <= now),
        };
        Some(cookie)
    }

    /// Whether it is to be sent to `place` (RFC 6265 sections 5.1.4 and 5.4).
    fn is_for(&self, place: &Place<'_>) -> bool {
        let in_path = self.path.is_none_or(|path| {
            let rest = place.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
        });
        in_path && (!self.secure || place.origin.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::Cookies;
    use crate::limits::COOKIE_BYTES;
    use sandbar_exchange::{Field, Response};

    const ENDPOINT: &str = "HTTP://A.example:80/api/mcp?k=1";

    fn response(url: &str, cookies: &[&str]) -> Response {
        let fields = cookies.iter().map(|cookie| Field::new("set-cookie", *cookie));
        let date = Field::new("date", "Wed, 25 Nov 2026 09:00:00 GMT");
        Response { status: 200, fields: fields.chain([date]).collect(), url: url.to_owned() }
    }

    fn sent(cookies: &Cookies, mut fields: Vec<Field>) -> Vec<String> {
        cookies.add_to(&mut fields);
        fields.iter().map(|field| String::from_utf8_lossy(&field.value).into_owned()).collect()
    }

    /// Catches cookies that are lost, or sent where or when they should not be
    /// (typescript-sdk 1892).
    #[test]
    fn cookies_of_the_endpoint_come_back() {
        for (set, expected) in [
            (vec!["AWSALB=x1; Path=/; HttpOnly", "b=2"], "AWSALB=x1; b=2"),
            (vec!["a=1", "a=2; Path=/api"], "a=2"),
            (vec!["a=\"q\"; Max-Age=60; SameSite=None"], "a=\"q\""),
            (vec!["a=1", "b=2", "a=; Max-Age=0"], "b=2"),
            (vec!["a=1", "b=2", "a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"], "b=2"),
            (vec!["a=1; Expires=Wed, 25 Nov 2026 10:00:00 GMT"], "a=1"),
        ] {
            let mut cookies = Cookies::default();
            cookies.take(ENDPOINT, &response("http://a.example/api/mcp", &set));
            assert_eq!(sent(&cookies, Vec::new()), [expected], "{set:?}");
        }
        for none in ["a=1; Path=/other", "a=1; Path=/ap", "a=1; Secure", "=1", "a b=1", "a", ""] {
            let mut cookies = Cookies::default();
            cookies.take(ENDPOINT, &response("http://a.example/", &[none]));
            assert!(sent(&cookies, Vec::new()).is_empty(), "{none}");
        }
    }

    /// Catches a jar that takes more, or less, than it says, and one that shows what it holds.
    #[test]
    fn a_cookie_has_a_size_at_most_and_stays_out_of_logs() {
        for (name, bytes, expected) in [("ab", COOKIE_BYTES - 2, 1), ("ab", COOKIE_BYTES - 1, 0)] {
            let mut cookies = Cookies::default();
            let set = format!("{name}={}", "v".repeat(bytes));
            cookies.take(ENDPOINT, &response("http://a.example/", &[&set]));
            assert_eq!(cookies.0.len(), expected, "{name}");
        }
        let mut cookies = Cookies::default();
        cookies.take(ENDPOINT, &response("http://a.example/", &["lb=secret"]));
        assert_eq!(format!("{cookies:?}"), r#"["lb"]"#);
        cookies.take(
            ENDPOINT,
            &response("http://a.example/", &["lb=a\u{7f}b", "lb=a\tb", "lb=\u{e9}"]),
        );
        assert_eq!(sent(&cookies, Vec::new()), ["lb=secret"]);
    }

    /// Catches a jar that another origin can fill, and a second field where one is allowed.
    #[test]
    fn cookies_belong_to_their_origin_and_follow_those_of_the_caller() {
        let mut cookies = Cookies::default();
        for other in ["https://a.example:80/", "http://b.example/", "http://a.example:81/", ""] {
            cookies.take(ENDPOINT, &response(other, &["evil=1"]));
        }
        assert!(sent(&cookies, Vec::new()).is_empty());
        cookies.take(ENDPOINT, &response("http://a.example/", &["a=1"]));
        assert_eq!(sent(&cookies, vec![Field::new("Cookie", "mine=0")]), ["mine=0; a=1"]);
        let many: Vec<_> = (0..100).map(|number| format!("c{number}=1")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        cookies.take(ENDPOINT, &response("http://a.example/", &many));
        assert_eq!(cookies.0.len(), crate::limits::COOKIES);
    }
}
