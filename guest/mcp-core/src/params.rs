//! `params` of a request, and the `_meta` members that the protocol adds to them.
//!
//! Parsed once, where the caller gives them; the requests that have typed forms put theirs together
//! here.

use crate::error::Error;
use crate::json_text::{ObjectText, check_object, quoted, write_object};

/// The parameters of a request or a notification.
#[derive(Clone, Debug, Default)]
pub struct Params {
    object: Option<ObjectText>,
    meta: Option<ObjectText>,
}

impl Params {
    /// Those of this text, or none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] where it is not a JSON object, or its `_meta` is not one.
    pub fn parse(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let object = ObjectText::parse(text)
            .map_err(|error| invalid(format!("`params` is not a json object: {error}")))?;
        if object.count("_meta") > 1 {
            return Err(invalid("`params` has more than one `_meta`".into()));
        }
        let meta = match object.get("_meta") {
            None | Some("null") => None,
            Some(meta) => Some(
                ObjectText::parse(meta)
                    .map_err(|error| invalid(format!("`_meta` is not a json object: {error}")))?,
            ),
        };
        Ok(Self { object: Some(object), meta })
    }

    /// Those of a list request: a cursor after the first page, none before.
    #[must_use]
    pub fn cursor(cursor: Option<&str>) -> Self {
        cursor.map(|cursor| Self::object(&[("cursor", &quoted(cursor))])).unwrap_or_default()
    }

    /// Those of `resources/read`.
    #[must_use]
    pub fn uri(uri: &str) -> Self {
        Self::object(&[("uri", &quoted(uri))])
    }

    /// Those of `tools/call` and `prompts/get`. The arguments stay as their author wrote them.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] where `arguments` is not the text of a JSON object.
    pub fn named(name: &str, arguments: Option<&str>) -> Result<Self, Error> {
        let name = quoted(name);
        let Some(arguments) = arguments else {
            return Ok(Self::object(&[("name", &name)]));
        };
        check_object(arguments)
            .map_err(|error| invalid(format!("`arguments` is not a JSON object: {error}")))?;
        Ok(Self::object(&[("name", &name), ("arguments", arguments.trim_ascii())]))
    }

    /// The same with the answers to what a server asked for in place of its answer, and with the
    /// state that it wants back; without those of an earlier round (2026-07-28, "Multi Round-Trip
    /// Requests"). Both are JSON texts.
    #[must_use]
    pub fn continued(&self, responses: Option<&str>, state: Option<&str>) -> Self {
        let set = [("inputResponses", responses), ("requestState", state)];
        let none = ObjectText::of(&[]);
        let object = self.object.as_ref().unwrap_or(&none).replacing(&set);
        Self { object: Some(object), meta: self.meta.clone() }
    }

    /// The same with these members in `_meta`, a JSON object, over those that are there.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] where it is not a JSON object.
    pub(crate) fn with_caller_meta(&self, meta: &str) -> Result<Self, Error> {
        let theirs = ObjectText::parse(meta)
            .map_err(|error| invalid(format!("`meta` is not a json object: {error}")))?;
        let mut text = String::new();
        let members: Vec<_> = theirs.iter().collect();
        self.write_with_meta(&mut text, &members);
        Self::parse(Some(&text))
    }

    /// The same with a member of this name, whose value is a JSON text.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let none = ObjectText::of(&[]);
        let object = self.object.as_ref().unwrap_or(&none).replacing(&[(name, Some(value))]);
        Self { object: Some(object), meta: self.meta.clone() }
    }

    /// An object of these members, whose values are JSON texts.
    #[must_use]
    pub fn object(members: &[(&'static str, &str)]) -> Self {
        Self { object: Some(ObjectText::of(members)), meta: None }
    }

    /// Whether there are none, so that the member can be left out.
    pub(crate) const fn is_absent(&self) -> bool {
        self.object.is_none()
    }

    /// The text of the object; empty where there is none.
    pub(crate) fn as_str(&self) -> &str {
        self.object.as_ref().map(ObjectText::as_str).unwrap_or_default()
    }

    /// A member that is a string.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.object.as_ref()?.string(name)
    }

    /// The text of a member.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.object.as_ref()?.get(name)
    }

    /// Writes the parameters with these members set in `_meta`. They replace the caller's members
    /// of the same name; every other byte of the caller's text stays as it is.
    pub fn write_with_meta(&self, out: &mut String, members: &[(&str, &str)]) {
        let write_meta = |out: &mut String| match &self.meta {
            Some(theirs) => theirs.write_with(out, members),
            None => write_object(out, members),
        };
        match &self.object {
            Some(object) if members.is_empty() => out.push_str(object.as_str()),
            Some(object) if object.count("_meta") == 0 => {
                object.write_with_new(out, "_meta", write_meta);
            }
            Some(object) => {
                let mut meta = String::new();
                write_meta(&mut meta);
                object.write_with(out, &[("_meta", &meta)]);
            }
            None => {
                out.push_str(r#"{"_meta":"#);
                write_meta(out);
                out.push('}');
            }
        }
    }
}

fn invalid(what: String) -> Error {
    Error::InvalidParams(what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{Error, Params};

    fn written(params: Option<&str>, members: &[(&str, &str)]) -> String {
        let mut out = String::new();
        Params::parse(params).unwrap().write_with_meta(&mut out, members);
        out
    }

    /// Catches a rebuild of `_meta` that loses the caller's own members or their order.
    #[test]
    fn the_callers_meta_members_survive_around_ours() {
        assert_eq!(
            written(
                Some(r#"{"b":1,"_meta":{"trace" : "t","progressToken":"old","z":0},"a":2}"#),
                &[("progressToken", "7"), ("v", "\"1\"")],
            ),
            r#"{"b":1,"_meta":{"trace" : "t","progressToken":7,"z":0,"v":"1"},"a":2}"#
        );
    }

    /// Catches parameters that appear without a reason, or vanish.
    #[test]
    fn absent_parameters_become_an_object_only_for_meta() {
        assert_eq!(written(None, &[("v", "1")]), r#"{"_meta":{"v":1}}"#);
        assert_eq!(written(Some(" {} "), &[("v", "1")]), r#"{"_meta":{"v":1}}"#);
        assert_eq!(written(Some("{\"a\": 1}"), &[]), "{\"a\": 1}");
        assert_eq!(written(Some("{\"_meta\":null}"), &[("v", "1")]), r#"{"_meta":{"v":1}}"#);
    }

    /// Catches parameters that would break the message they are written into.
    #[test]
    fn parameters_that_are_not_an_object_are_the_callers_mistake() {
        for text in ["[]", "1", "{", "{}}", "{\"_meta\":1}", "{\"_meta\":{},\"_meta\":{}}"] {
            assert!(Params::parse(Some(text)).is_err(), "{text}");
        }
    }

    /// Catches parameters put together without escaping, which a name could
    /// then add members to, and arguments that are re-encoded.
    #[test]
    fn names_are_escaped_and_arguments_stay_as_they_are() {
        let params = Params::named("a\"b", Some(" { \"z\": 1.0, \"a\": 1e2 }")).unwrap();
        let mut out = String::new();
        params.write_with_meta(&mut out, &[]);
        assert_eq!(out, r#"{"name":"a\"b","arguments":{ "z": 1.0, "a": 1e2 }}"#);
        assert_eq!(params.string("name").as_deref(), Some("a\"b"));
        assert_eq!(params.get("arguments"), Some(r#"{ "z": 1.0, "a": 1e2 }"#));
    }

    /// Catches a page that is asked for again and again because its cursor is not sent, a cursor
    /// made up for the first page, and a URI that leaves its string.
    #[test]
    fn a_cursor_and_a_uri_are_sent_as_strings() {
        let written = |params: Params| {
            let mut out = String::new();
            params.write_with_meta(&mut out, &[("v", "1")]);
            out
        };
        assert_eq!(written(Params::cursor(None)), r#"{"_meta":{"v":1}}"#);
        assert_eq!(written(Params::cursor(Some("a\"b"))), r#"{"cursor":"a\"b","_meta":{"v":1}}"#);
        assert_eq!(written(Params::uri("a\"b")), r#"{"uri":"a\"b","_meta":{"v":1}}"#);
    }

    /// Catches arguments that are an array, or no JSON at all, being sent.
    #[test]
    fn arguments_that_are_no_object_are_the_callers_mistake() {
        for arguments in ["[]", "1", "{", "", "{}x"] {
            assert!(
                matches!(Params::named("t", Some(arguments)), Err(Error::InvalidParams(_))),
                "{arguments}"
            );
        }
    }
}
