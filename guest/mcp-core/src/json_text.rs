//! JSON objects as text: finding members, and setting some without touching the others.
//!
//! What MCP does not need stays as its author wrote it: order, whitespace, the spelling of numbers
//! and members that nobody knows.

use core::fmt;
use core::ops::Range;
use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json_string::{self, spells};

/// Reads a JSON object. Serde would take an array for a struct, too.
pub(crate) fn from_object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_ascii_start().starts_with('{') {
        serde_json::from_str(text)
    } else {
        Err(serde::de::Error::custom("not an object"))
    }
}

/// The members of an object in the order of the text, duplicates included.
///
/// Names stay as they are spelled: half of a surrogate pair in one of them is odd, and no reason not
/// to read the others.
pub(crate) struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    /// A member's value; that of the last one, where there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut named = self.0.iter().rev().filter(|(member, _)| spells(member.get(), name));
        named.next().map(|(_, value)| *value)
    }

    /// The names, as they are spelled, and the values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().map(|(name, value)| (name.get(), value.get()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The values of the members that have these names, without a table of the others.
#[derive(Debug)]
pub struct Picked<'a, const N: usize> {
    /// The JSON text of each; that of the last one, where there are several.
    pub values: [Option<&'a str>; N],
    /// Whether one of the names is there more than once.
    pub repeated: bool,
}

impl<'a, const N: usize> Picked<'a, N> {
    /// Looks for members of the text of an object. An explicit null is a value like any other.
    ///
    /// # Errors
    ///
    /// For what is no object.
    pub fn from(object: &'a str, names: [&str; N]) -> Result<Self, serde_json::Error> {
        let mut picked = Self { values: [None; N], repeated: false };
        let pick =
            Pick { names: &names, values: &mut picked.values, repeated: &mut picked.repeated };
        let mut text = serde_json::Deserializer::from_str(object);
        text.deserialize_map(pick)?;
        text.end()?;
        Ok(picked)
    }
}

struct Pick<'p, 'a> {
    names: &'p [&'p str],
    values: &'p mut [Option<&'a str>],
    repeated: &'p mut bool,
}

impl<'de> Visitor<'de> for Pick<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let wanted = self.names.iter().position(|wanted| spells(name.get(), wanted));
            if let Some(place) = wanted.and_then(|place| self.values.get_mut(place)) {
                *self.repeated |= place.replace(value.get()).is_some();
            }
        }
        Ok(())
    }
}

/// Hands the JSON texts of the items of an array to `take`, without a table of them.
///
/// # Errors
///
/// For what is no array; what came before has been handed out.
pub fn each_item<'a>(
    array: &'a str,
    take: &mut dyn FnMut(&'a str),
) -> Result<(), serde_json::Error> {
    let mut text = serde_json::Deserializer::from_str(array);
    text.deserialize_seq(Items(take))?;
    text.end()
}

struct Items<'t, 'a>(&'t mut dyn FnMut(&'a str));

impl<'de> Visitor<'de> for Items<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.0)(item.get());
        }
        Ok(())
    }
}

/// Where `part`, a slice of `whole`, lies in it.
pub(crate) fn range_within(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    start..start.wrapping_add(part.len())
}

/// Keeps only `range` of a text, in place: a large result is not copied out of its message.
pub(crate) fn cut(mut text: String, range: Range<usize>) -> String {
    text.truncate(range.end);
    text.drain(..range.start.min(range.end));
    text
}

/// Checks that a text is one JSON object, without a look at what is in it.
pub(crate) fn check_object(text: &str) -> Result<(), serde_json::Error> {
    from_object::<&RawValue>(text).map(drop)
}

/// The JSON spelling of a string.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    write_quoted(&mut out, text);
    out
}

/// Writes a string as JSON spells it. Most need no escapes, and are copied.
pub(crate) fn write_quoted(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\')) {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// The text of a JSON object, checked, with the places of its members.
#[derive(Clone, Debug)]
pub struct ObjectText {
    text: String,
    members: Vec<(Cow<'static, str>, Range<usize>)>,
}

impl ObjectText {
    /// Checks that a text is one JSON object.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let text = text.trim_ascii().to_owned();
        let Members(parsed) = serde_json::from_str(&text)?;
        let members = parsed
            .into_iter()
            .map(|(name, value)| {
                let name = json_string::read(name.get()).unwrap_or_default().into_owned();
                (Cow::Owned(name), range_within(&text, value.get()))
            })
            .collect();
        Ok(Self { text, members })
    }

    /// The object of these members, whose values are JSON texts.
    pub(crate) fn of(members: &[(&'static str, &str)]) -> Self {
        let room = members.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
        let members = members.iter().map(|(name, value)| (Cow::Borrowed(*name), *value));
        Self::written(room + 1, members)
    }

    /// The object with `set` members at its end, in place of its own of these names, and without
    /// those that are none.
    pub fn replacing(&self, set: &[(&'static str, Option<&str>)]) -> Self {
        let is_set = |name: &str| set.iter().any(|(key, _)| *key == name);
        let kept = self.members.iter().filter(|(name, _)| !is_set(name));
        let kept =
            kept.filter_map(|(name, place)| Some((name.clone(), self.text.get(place.clone())?)));
        let new = set.iter().filter_map(|(name, value)| Some((Cow::Borrowed(*name), (*value)?)));
        Self::written(self.text.len(), kept.chain(new))
    }

    fn written<'a>(
        room: usize,
        members: impl Iterator<Item = (Cow<'static, str>, &'a str)>,
    ) -> Self {
        let mut text = String::with_capacity(room);
        let mut places = Vec::with_capacity(members.size_hint().0);
        for (name, value) in members {
            text.push(if places.is_empty() { '{' } else { ',' });
            write_member(&mut text, &name, value);
            places.push((name, text.len() - value.len()..text.len()));
        }
        text.push_str(if places.is_empty() { "{}" } else { "}" });
        Self { text, members: places }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a member's value; of the last one, where there are several.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, range) = self.members.iter().rev().find(|(member, _)| member == name)?;
        self.text.get(range.clone())
    }

    /// The members, each with the text of its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let value = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or("null");
        self.members.iter().map(move |(name, place)| (&**name, value(place)))
    }

    /// A member's value, where it is a string.
    pub fn string(&self, name: &str) -> Option<String> {
        json_string::read(self.get(name)?).map(Cow::into_owned)
    }

    /// How many members have this name.
    pub fn count(&self, name: &str) -> usize {
        self.members.iter().filter(|(member, _)| member == name).count()
    }

    /// Writes the object with one member more, which it does not have yet.
    pub(crate) fn write_with_new(
        &self,
        out: &mut String,
        name: &str,
        write_value: impl FnOnce(&mut String),
    ) {
        out.push_str(self.text.get(..self.text.len().saturating_sub(1)).unwrap_or_default());
        if !self.members.is_empty() {
            out.push(',');
        }
        write_quoted(out, name);
        out.push(':');
        write_value(out);
        out.push('}');
    }

    /// Writes the object with `set` members replaced where they are, or added at the end.
    pub fn write_with(&self, out: &mut String, set: &[(&str, &str)]) {
        let mut written = 0;
        for (name, range) in &self.members {
            if let Some((_, value)) = set.iter().find(|(key, _)| key == name) {
                out.push_str(self.text.get(written..range.start).unwrap_or_default());
                out.push_str(value);
                written = range.end;
            }
        }
        let closing = self.text.len().saturating_sub(1);
        out.push_str(self.text.get(written..closing).unwrap_or_default());
        let mut empty = self.members.is_empty();
        for (key, value) in set.iter().filter(|(key, _)| self.count(key) == 0) {
            if !core::mem::replace(&mut empty, false) {
                out.push(',');
            }
            write_member(out, key, value);
        }
        out.push('}');
    }
}

/// Writes an object of the given members.
pub fn write_object(out: &mut String, members: &[(&str, &str)]) {
    out.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_member(out, key, value);
    }
    out.push('}');
}

fn write_member(out: &mut String, key: &str, value: &str) {
    write_quoted(out, key);
    out.push(':');
    out.push_str(value);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{ObjectText, Picked, cut, each_item, quoted, range_within};

    fn with(object: &str, set: &[(&str, &str)]) -> String {
        let mut out = String::new();
        ObjectText::parse(object).unwrap().write_with(&mut out, set);
        out
    }

    /// Catches a round trip through a JSON value, which reorders members and respells numbers.
    #[test]
    fn other_members_stay_byte_for_byte() {
        let object = "{ \"z\" : 1.50e+2 ,\n \"a\":{\"y\":1,\"x\":2}, \"k\\u0065y\":\"\\u00e9\" }";
        let expected = format!("{},\"new\":true}}", object.strip_suffix('}').unwrap());
        assert_eq!(with(object, &[("new", "true")]), expected);
    }

    /// Catches an insertion that writes `{,` into an empty object.
    #[test]
    fn an_empty_object_gets_no_comma() {
        assert_eq!(with("{}", &[("a", "1"), ("b", "2")]), r#"{"a":1,"b":2}"#);
    }

    /// Catches appending a second member of the same name, and missing an escaped spelling of it.
    #[test]
    fn a_member_that_is_there_is_replaced_in_its_place() {
        assert_eq!(with(r#"{"a":1, "b" :2}"#, &[("a", "9")]), r#"{"a":9, "b" :2}"#);
        assert_eq!(with(r#"{"\u0061":1}"#, &[("a", "9")]), r#"{"\u0061":9}"#);
    }

    /// Catches offsets that count from the wrong end.
    #[test]
    fn cutting_keeps_exactly_the_part() {
        let whole = String::from("{\"result\":{\"x\":1},\"id\":1}");
        let range = range_within(&whole, &whole[10..17]);
        assert_eq!(cut(whole, range), "{\"x\":1}");
    }

    /// Catches a lenient parser: what follows the object would end up inside the message.
    #[test]
    fn anything_but_one_object_is_refused() {
        for text in ["", "[]", "null", "{} {}", "{\"a\":}", "{\"a\":1,}"] {
            assert!(ObjectText::parse(text).is_err(), "{text}");
        }
        for error in [
            ObjectText::parse("[]").unwrap_err().to_string(),
            Picked::from("[]", ["a"]).unwrap_err().to_string(),
        ] {
            assert!(error.contains("invalid type: sequence, expected an object"), "{error}");
        }
        let error = each_item("{}", &mut |_| ()).unwrap_err().to_string();
        assert!(error.contains("invalid type: map, expected an array"), "{error}");
    }

    /// Catches a shortcut for strings without escapes that takes one with them, and a place of a
    /// member that is off by what its neighbours have.
    #[test]
    fn an_object_that_is_put_together_reads_like_one_that_is_parsed() {
        for text in ["plain", "quo\"te", "back\\slash", "line\nend", "\u{1}", "caf\u{e9}", ""] {
            let parsed: String = serde_json::from_str(&quoted(text)).unwrap();
            assert_eq!(parsed, text);
        }
        let name = quoted("na\"me");
        for members in [vec![], vec![("a", "1")], vec![("a", name.as_str()), ("b", "{}")]] {
            let built = ObjectText::of(&members);
            let parsed = ObjectText::parse(built.as_str()).unwrap();
            for (member, value) in members {
                assert_eq!(built.get(member), Some(value));
                assert_eq!(parsed.get(member), Some(value));
            }
        }
    }
}
