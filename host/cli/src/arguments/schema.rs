//! The `inputSchema` of a tool, as far as a command line needs it.

use crate::arguments::Parameter;
use crate::arguments::types::{JsonType, JsonTypes};
use crate::json::JsonObject;
use crate::limits::{LISTED_NAMES, SCHEMA_BYTES, SCHEMA_REFERENCES};
use serde_json::Value;

/// A JSON Schema. It came from a server: every question has an answer, whatever it holds.
#[derive(Clone, Debug)]
pub(crate) struct InputSchema {
    schema: Value,
    /// The names of the properties, in the server's order.
    names: Vec<String>,
}

impl InputSchema {
    /// Reads a schema. A text that is none describes nothing, and neither does one that is too large.
    pub(crate) fn parse(text: &str) -> Self {
        let text = if text.len() > SCHEMA_BYTES { "" } else { text };
        let schema = serde_json::from_str(text).unwrap_or(Value::Null);
        Self { schema, names: property_names(text).unwrap_or_default() }
    }

    /// The types that a property may have; none if there is no such property.
    pub(crate) fn types(&self, name: &str) -> Option<JsonTypes> {
        let property = self.property(name)?;
        let mut types = JsonTypes::default();
        let mut references = SCHEMA_REFERENCES;
        self.collect(property, &mut references, &mut types);
        Some(types)
    }

    /// The names of the properties.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The names of the properties that must be there.
    pub(crate) fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.schema.get("required").and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether a name may be given that the schema does not list. A schema that says nothing of
    /// them allows them, and hardly ever means it: a typing error is far more likely. So it has
    /// to say so, or list nothing at all.
    pub(crate) fn is_open(&self) -> bool {
        match self.schema.get("additionalProperties") {
            Some(Value::Bool(open)) => *open,
            Some(_schema) => true,
            None => self.names().next().is_none(),
        }
    }

    /// The properties, for people, in the server's order.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        self.names()
            .map(|name| Parameter {
                name: name.to_owned(),
                kind: self.types(name).unwrap_or_default().to_string(),
                required: self.required().any(|required| required == name),
                values: self.values(name),
                default: self.default(name),
                description: self.description(name),
            })
            .collect()
    }

    /// What a property may be, where the schema lists it; empty where it does not.
    fn values(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        let mut references = SCHEMA_REFERENCES;
        if let Some(property) = self.property(name) {
            self.collect_values(property, &mut references, &mut values);
        }
        values
    }

    fn default(&self, name: &str) -> Option<String> {
        self.property(name)?.get("default").map(shown)
    }

    fn description(&self, name: &str) -> Option<String> {
        self.property(name)?.get("description")?.as_str().map(str::to_owned)
    }

    fn property(&self, name: &str) -> Option<&Value> {
        self.schema.get("properties")?.get(name)
    }

    fn collect_values(&self, schema: &Value, references: &mut usize, found: &mut Vec<String>) {
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let room = LISTED_NAMES.saturating_add(1).saturating_sub(found.len());
        found.extend(values.chain(schema.get("const")).take(room).map(shown));
        for keyword in ["anyOf", "oneOf"] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            parts.for_each(|part| self.collect_values(part, references, found));
        }
        if let Some(target) = self.target(schema, references) {
            self.collect_values(target, references, found);
        }
    }

    /// What a schema refers to, as long as there are references left to follow.
    fn target(&self, schema: &Value, references: &mut usize) -> Option<&Value> {
        let pointer = schema.get("$ref").and_then(Value::as_str)?.strip_prefix('#')?;
        let target = self.schema.pointer(pointer)?;
        *references = references.checked_sub(1)?;
        Some(target)
    }

    /// Adds the types that `schema` allows. References are counted, not nested: a schema in which
    /// each leads to a hundred others ends as well.
    fn collect(&self, schema: &Value, references: &mut usize, types: &mut JsonTypes) {
        match schema.get("type") {
            Some(Value::String(name)) => {
                JsonType::named(name).into_iter().for_each(|t| types.add(t))
            }
            Some(Value::Array(names)) => {
                let named = names.iter().filter_map(|name| JsonType::named(name.as_str()?));
                named.for_each(|t| types.add(t));
            }
            _ => self.collect_indirect(schema, references, types),
        }
    }

    /// The types of a schema that does not name them itself.
    fn collect_indirect(&self, schema: &Value, references: &mut usize, types: &mut JsonTypes) {
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        for value in values.chain(schema.get("const")) {
            types.add(JsonType::of(value));
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            parts.for_each(|part| self.collect(part, references, types));
        }
        if let Some(target) = self.target(schema, references) {
            self.collect(target, references, types);
        }
    }
}

/// The names under `properties`, in their order, which a JSON value does not keep.
fn property_names(schema: &str) -> Option<Vec<String>> {
    let schema: JsonObject = serde_json::from_str(schema).ok()?;
    let properties: JsonObject = serde_json::from_str(schema.get("properties")?.as_str()).ok()?;
    Some(properties.iter().map(|(name, _)| name.to_owned()).collect())
}

/// A value for people: a string without its quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn types(property: &str) -> String {
        let text = format!(
            r##"{{"properties":{{"p":{property}}},"$defs":{{"mode":{{"enum":["a","b"]}},
                "loop":{{"anyOf":[{{"$ref":"#/$defs/loop"}},{{"$ref":"#/$defs/loop"}}]}}}}}}"##
        );
        InputSchema::parse(&text).types("p").unwrap().to_string()
    }

    /// Catches a reader that only knows `"type": "integer"`: generated schemas say "an integer or
    /// null" in two other ways, and refer to definitions.
    #[test]
    fn types_are_found_wherever_generators_put_them() {
        assert_eq!(types(r#"{"type":"integer"}"#), "integer");
        assert_eq!(types(r#"{"type":["integer","null"]}"#), "integer|null");
        assert_eq!(types(r#"{"anyOf":[{"type":"number"},{"type":"null"}]}"#), "number|null");
        assert_eq!(types(r##"{"$ref":"#/$defs/mode"}"##), "string");
        assert_eq!(types(r#"{"const":5}"#), "integer");
    }

    /// Catches a schema that a server wrote to hang or crash its reader.
    #[test]
    fn hostile_schemas_describe_nothing_and_end() {
        assert_eq!(types(r##"{"$ref":"#/$defs/loop"}"##), "any");
        assert_eq!(types(r##"{"$ref":"#"}"##), "any");
        assert_eq!(types(r#"{"type":{"type":7}}"#), "any");
        assert_eq!(types("true"), "any");
        for text in ["", "[]", "true", r#"{"properties":[],"required":{}}"#] {
            let schema = InputSchema::parse(text);
            assert_eq!((schema.names().count(), schema.required().count()), (0, 0), "{text}");
        }
    }

    /// Catches a reader that takes the default of JSON Schema at its word.
    #[test]
    fn only_a_schema_that_says_so_is_open() {
        let open =
            |rest: &str| InputSchema::parse(&format!(r#"{{"type":"object"{rest}}}"#)).is_open();
        assert!(open(""));
        assert!(open(r#","properties":{"a":{}},"additionalProperties":true"#));
        assert!(open(r#","properties":{"a":{}},"additionalProperties":{"type":"string"}"#));
        assert!(!open(r#","properties":{"a":{}}"#));
        assert!(!open(r#","additionalProperties":false"#));
    }

    /// Catches an order of our own, and values and defaults that one has to find out by trying.
    #[test]
    fn arguments_come_in_the_servers_order_with_what_they_may_be() {
        let text = r##"{"properties":{"z":{"type":"string","enum":["a","b",3],"default":"a"},
            "m":{"anyOf":[{"const":"x"},{"$ref":"#/$defs/y"}]},"a":{"type":"integer","default":10}},
            "required":["a"],"$defs":{"y":{"enum":["y"]},"loop":{"anyOf":[{"$ref":"#/$defs/loop"}]}}}"##;
        let parameters = InputSchema::parse(text).parameters();
        let shown: Vec<_> = parameters
            .iter()
            .map(|one| (one.name.as_str(), one.values.join("|"), one.default.as_deref()))
            .collect();
        let expected = [
            ("z", "a|b|3".to_owned(), Some("a")),
            ("m", "x|y".to_owned(), None),
            ("a", String::new(), Some("10")),
        ];
        assert_eq!(shown, expected);
        let many: Vec<_> = (0..1000).collect();
        let text = format!(r#"{{"properties":{{"n":{{"enum":{many:?}}}}}}}"#);
        let parameters = InputSchema::parse(&text).parameters();
        assert_eq!(parameters[0].values.len(), LISTED_NAMES + 1);
    }
}
